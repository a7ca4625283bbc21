/** What is wrong with a question, and what DuckDB makes of values that are: refused, or answered, as DuckDB does. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { SheafError } from '../../../../shared/errors.ts';
import { runLocally } from '../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../support/planner/planner.ts';

const bench = new PlannerBench({ broadcastBytesMax: 0, rereadBytesMax: 0 });
after(() => bench[Symbol.dispose]());

const p = bench.file(
  'p.parquet',
  `SELECT i, i % 7 AS k, 'v' || i AS s, 2147483647::INTEGER AS big, 1.5::DECIMAL(4, 2) AS d, i * 3 AS delay FROM range(5000) t(i)`,
);
const c = bench.file('c.csv', 'SELECT i, i % 7 AS k FROM range(50) t(i)');
const [first, second, third] = [
  bench.file('first.parquet', "SELECT 1 AS a, 'x' AS b"),
  bench.file('second.parquet', "SELECT 'y' AS b, 2.5 AS c"),
  bench.file('third.parquet', 'SELECT 3 AS a, 5 AS b'),
];
const [one, two] = [
  bench.file('one.csv', "SELECT 1 AS a, 'x' AS b"),
  bench.file('two.csv', "SELECT 'y' AS b, 2.5 AS c"),
];

/** The question, its code, and what its message and its next step must say. */
const refused: readonly (readonly [text: string, code: string, words: RegExp])[] = [
  [`select k,\n  sum(i\nfrom '${p}'`, 'SQL_INVALID', /syntax error at or near "from"\n\nLINE 3: from .*\n {8}\^/],
  [`select i\nfrom '${c}'\nwhere i > 3 and`, 'SQL_INVALID', /end of input\n\nLINE 3: where i > 3 and\n {23}\^/],
  [`select dely from '${p}'`, 'COLUMN_UNKNOWN', /Did you mean "delay"\? The columns here are: i, k, s, big, d, delay/],
  ['with flights as (select 1) select * from flihgts', 'TABLE_UNKNOWN', /"flihgts"[\s\S]*Did you mean "flights"/],
  [`select k from '${p}' a join '${c}' b on a.i = b.i`, 'SQL_INVALID', /LINE 1: select k[\s\S]*\^[\s\S]*a\.k or b\.k/],
  [`select k from '${p}' a, '${c}' b, '${p}' e`, 'SQL_INVALID', /a\.k or b\.k or e\.k/],
  [
    `select s + 1 from '${c}', '${p}'`,
    'SQL_INVALID',
    /'\+\(VARCHAR, INTEGER_LITERAL\)'[\s\S]*LINE 1: select s \+ 1[\s\S]*\^/,
  ],
  [`select sum(s) from '${p}'`, 'SQL_INVALID', /'sum\(VARCHAR\)'[\s\S]*LINE 1: select sum\(s\)/],
  [`select i from '${p}' where s > 3`, 'SQL_INVALID', /VARCHAR and type INTEGER_LITERAL[\s\S]*where s > 3\n +\^/],
  [`select i, sum(k) from '${p}'`, 'SQL_INVALID', /"i" must appear in the GROUP BY clause[\s\S]*\^/],
  [`select lenght(s) from '${p}'`, 'SQL_INVALID', /Did you mean "length"/],
  [`select i from '${p}' order by 7`, 'SQL_INVALID', /between 1 and 1/],
  ['insert into t values (1)', 'SQL_INVALID', /INSERT[\s\S]*no SELECT[\s\S]*Write one SELECT statement[\s\S]*-o FILE/],
  [`/* a */ copy (from '${p}') to 'x.csv'`, 'SQL_INVALID', /^COPY[\s\S]*dataset\.write/],
  ['set threads = 1', 'SQL_INVALID', /^SET[\s\S]*docs\/configuration/],
  ['reset all', 'SQL_INVALID', /^RESET[\s\S]*docs\/configuration/],
  ["attach 'x.db'", 'SQL_INVALID', /^ATTACH[\s\S]*docs\/connectors/],
  ['install httpfs', 'SQL_INVALID', /^INSTALL[\s\S]*docs\/connectors/],
  ['pragma version', 'SQL_INVALID', /^PRAGMA/],
  ['explain select 1', 'SQL_INVALID', /sheaf explain/],
  ['drop table t', 'SQL_INVALID', /^DROP[\s\S]*createTable/],
  ['', 'SQL_INVALID', /holds no question/],
  ['select 1 \0 as v', 'SQL_INVALID', /NUL character/],
  [' -- nothing\n;', 'SQL_INVALID', /holds no question/],
  [
    `select alpah.i from '${p}' alpha, '${c}' b`,
    'COLUMN_UNKNOWN',
    /no table "alpah"[\s\S]*Did you mean "alpha"\? [^\n]*: alpha, b\./,
  ],
  [
    `select * from read_parquet(['${first}', '${second}'])`,
    'SCHEMA_MISMATCH',
    /second\.parquet differs from \S+first\.parquet: it lacks "a" and it has "c" besides[\s\S]*union_by_name = true/,
  ],
  [
    `select * from read_parquet(['${first}', '${third}'])`,
    'SCHEMA_MISMATCH',
    /third\.parquet differs from \S+first\.parquet: "b" is INTEGER there and VARCHAR here/,
  ],
  [
    `select * from read_csv(['${one}', '${two}'])`,
    'SCHEMA_MISMATCH',
    /two\.csv differs from \S+one\.csv: it lacks "a"/,
  ],
];

test('what is wrong is told with its place and the next step', () => {
  for (const [text, code, words] of refused) {
    assert.throws(
      () => bench.plan({ kind: 'sql', text }),
      (error: SheafError) => {
        assert.equal(error.code, code, `${text}: ${error.message}`);
        assert.match(`${error.message}\n${error.next}`, words, text);
        return true;
      },
    );
    // DuckDB casts to the types of the first file it opens: whose types a question has must not depend on that.
    if (!text.includes(third)) assert.throws(() => bench.connection.rows(text), `DuckDB refuses, too: ${text}`);
  }
});

/** What DuckDB would do, and nobody may here. */
const harmful: readonly (readonly [text: string, words: RegExp])[] = [
  ["select * from enable_logging(storage = 'file')", /enable_logging changes the DuckDB of a worker/],
  ["select * from query('from enable_profiling()')", /enable_profiling changes/],
  [`select i from '${p}' where i in (select 1 from force_checkpoint())`, /force_checkpoint changes/],
  ["select * from query('select ' || '1')", /a text that nobody has seen/],
  ["from json_execute_serialized_sql(json_serialize_sql('select 1'))", /a text that nobody has seen/],
  [
    `with recursive r as (select i from '${p}' union select x.i from r asof join '${p}' x on r.i >= x.i) from r`,
    /ASOF joins are not supported in the recursive part/,
  ],
  [`select ${'(select '.repeat(60)}1${')'.repeat(60)}`, /more than 20 levels \(subqueryLevelsMax\)[\s\S]*WITH clause/],
];

test('a question changes nothing of the database that answers it, and can be bound in time', () => {
  for (const [text, words] of harmful)
    assert.throws(
      () => bench.plan({ kind: 'sql', text }),
      (error: SheafError) => error.code === 'NOT_SUPPORTED' && words.test(`${error.message}\n${error.next}`),
      text,
    );
  assert.doesNotThrow(() => bench.plan({ kind: 'sql', text: "select * from query('select 1')" }));
});

test('how deep subqueries may stand in each other is a setting', () => {
  using shallow = new PlannerBench({ subqueryLevelsMax: 2 });
  shallow.plan({ kind: 'sql', text: 'select (select (select 1))' });
  for (const text of [
    'select (select (select (select 1)))',
    "select * from query('select (select (select (select 1)))')",
  ])
    assert.throws(() => shallow.plan({ kind: 'sql', text }), /more than 2 levels/);
});

/** Large questions take DuckDB milliseconds: they must not take the planner minutes. */
test('long and deep questions are planned', () => {
  const numbers = [...Array(400).keys()];
  for (const text of [
    `select i from '${p}' where ${numbers.map((n) => `i <> ${n}`).join(' and ')}`,
    `select ${numbers.map((n) => `i + ${n} as c${n}`).join(', ')} from '${p}'`,
    `select ${'('.repeat(900)}1${')'.repeat(900)} as x`,
    `select * from ${'(select * from '.repeat(90)}'${p}'${')'.repeat(90)}`,
    numbers
      .slice(0, 90)
      .map((n) => `select i from '${c}' where i = ${n}`)
      .join(' union all '),
  ])
    assert.ok(bench.plan({ kind: 'sql', text }).stages.length > 0);
});

/** Values that do not fit, and those that do: error and answer are DuckDB's. */
const computed: readonly string[] = [
  `select i / 0 as a, i // 0 as b, i % 0 as c, 1.0 / 0 as e from '${p}' where i < 2 order by i`,
  `select sum(i / 0), avg(i % 0) from '${p}'`,
  `select big + big from '${p}'`,
  `select big + i::integer from '${p}' where i > 0`,
  `select sum(big) from '${p}'`,
  `select 9223372036854775807 + i from '${p}' where i = 1`,
  `select i from '${p}' order by i limit 1.5`,
  `select i from '${p}' order by i limit 2.4 offset 1.6`,
  `select d * 1000000 as x from '${p}' limit 1`,
  `select (i - 5)::utinyint as x from '${p}'`,
  `select s::int as x from '${p}'`,
  `select try_cast(s as int) as x from '${p}' limit 1`,
  `select i from '${p}' where s`,
  `select cast('abc' as int) as x`,
  `select date '2024-13-01' as x from '${p}'`,
  `select sqrt(i - 5) as x from '${p}'`,
  `select (select i from '${p}') as x from '${c}'`,
  `select i::double::varchar as a, 1e308 * 10 as b, 'nan'::double > 1 as c from '${p}' where i < 2 order by a`,
  `select i::decimal(3, 1) as x from '${p}'`,
  `select typeof(coalesce(i, 2.5e-1)) as a, i * 1e-1 as b, 1e400 as c, -1e400 as d, i + 5e-324 as e, -2.5e0 as f, 1e300 as g from '${p}' where i < 3.5e0 order by i limit 1e1`,
  `select k::boolean as x, count(*) as n from '${p}' group by x order by x`,
  `select * from read_parquet(['${first}', '${second}'], union_by_name = true) order by all`,
  `select b, c from read_csv(['${one}', '${two}'], union_by_name := true) order by all`,
];

/** The rows, or the first line of what is wrong. */
function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (thrown) {
    return SheafError.from(thrown).message.split('\n')[0];
  }
}

test('division, casts and overflow are DuckDB’s, answers and errors', () => {
  for (const text of computed) {
    const ours = outcome(() => {
      const table = runLocally(bench.plan({ kind: 'sql', text }), bench.connection, { directory: bench.directory });
      return bench.connection.rows(`FROM ${table}`);
    });
    const theirs = outcome(() => bench.connection.rows(text));
    assert.deepEqual(ours, theirs, text);
  }
});

test('files that are matched by name are scanned in parallel', () => {
  const text = `select * from read_parquet(['${first}', '${second}'], union_by_name = true)`;
  const staged = bench.plan({ kind: 'sql', text });
  assert.deepEqual(staged.notes, []);
  assert.equal(staged.stages[0]?.tasks, 2);
});

test('an ASOF join of large sides is hashed by its equalities', () => {
  const text = `select a.i, b.i as nearest from '${p}' a asof left join (select i, k from '${p}' where i % 3 = 0) b
    on a.k = b.k and a.i > b.i order by a.i`;
  const staged = bench.plan({ kind: 'sql', text });
  const hashed = staged.stages.filter(
    ({ output }) => output.kind === 'exchange' && output.partitioning.kind === 'hash',
  );
  assert.equal(hashed.length, 2);
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  assert.deepEqual(bench.connection.rows(`FROM ${table}`), bench.connection.rows(text));
});
