import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { SheafError } from '../../../../../shared/errors.ts';
import { runLocally } from '../../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';
import { assertSameRows } from '../../../../support/same-rows.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const p = bench.file(
  'p.parquet',
  `SELECT i, i % 7 AS k, 'v' || (i % 5) AS s, ((i % 13) * 1.5)::DECIMAL(18, 3) AS d, i / 3.0::DOUBLE AS x,
     CASE WHEN i % 11 = 0 THEN NULL ELSE i % 3 END AS n, DATE '2020-01-01' + (i % 300)::INTEGER AS day
   FROM range(10000) t(i)`,
);
const c = bench.file('c.csv', "SELECT i, i % 7 AS k, 'n' || i AS name, i * 1.5 AS w FROM range(500) t(i)");

/** Distributed by operators: no note says that the query runs in one task. */
const distributed = [
  `select 1 as one, count(*) as n from '${p}' group by 1 having count(*) > 2`,
  `select 2 as two, 1 as one, max(k) as m from '${p}' group by 1, 2 having max(k) > 0`,
  `select * from '${p}'`,
  `select count(*) from '${p}'`,
  `select k, count(*), sum(x), avg(d), min(s), max(day) from '${p}' where i > 100 group by k order by k`,
  `select k + 1 as kk, sum(i) / count(*) r from '${p}' group by kk having count(*) > 10 order by r desc, 1 limit 3 offset 1`,
  `select distinct k, s from '${p}' order by all`,
  `select * exclude (x) replace (k * 2 as k) from '${p}' order by i limit 5`,
  `select k, count(distinct s), median(x), string_agg(s, ',' order by i) from '${p}' group by all order by 1`,
  `select a.k from '${p}' a where a.i < 5 order by a.i desc`,
  `select k, k from '${p}' where i < 3`,
  `select upper(s) as u, count(*) c from '${p}' group by 1 having u like 'V%' order by c, u`,
  `select s from '${p}' order by x desc limit 7`,
  `select avg(x), stddev(x), sum(n), count(n), bool_and(k < 10), any_value(s) from '${p}'`,
  `select sum(i) from '${p}' where i < 0`,
  `select k, sum(i) from '${p}' where i < 0 group by k`,
  `select c.k, count(*) from '${c}' group by all order by all`,
  `select count(*), sum(w), max(name) from '${c}'`,
  `select * from '${c}' where name = 'n77'`,
  `select k from (select distinct k from read_parquet('${p}'))`,
  `select geomean(x + 1), k from '${p}' group by k order by k`,
  `select k, first(i order by i), list(n order by i)[1:3] from '${p}' group by k order by k`,
  `select date_trunc('month', day) m, count(*) filter (where n is null) from '${p}' group by m order by m`,
  `select sum(i) filter (where k > 3) / count(*) as z, k % 2 from '${p}' group by k % 2 order by z`,
  `select count(*) + 1 from '${p}'`,
  `select i from '${p}' limit 3`,
  `select i from '${p}' limit 3 offset 2500`,
  `from '${p}' select k where i = 9`,
  `select struct_pack(a := k, b := s) as st, count(*) from '${p}' group by st order by st limit 4`,
  `select sum(d), sum(i), avg(i), avg(k::HUGEINT), avg(n), sum(n::FLOAT), max(n::UTINYINT) from '${p}'`,
  `select min(distinct k), sum(distinct k) from '${p}'`,
  `select avg(day::TIMESTAMP), k from '${p}' group by k`,
  `select k + 1 as j, j * 2 as jj from '${p}' where j > 3 order by jj desc, i limit 9`,
  `select read_parquet.k from read_parquet('${p}') where i < 4`,
  `select first(s), last(i) from '${p}'`,
  `select (k + 1) * count(*) as a, sum(i) / (k + 1) as b from '${p}' group by k + 1`,
  `select K as kk, kk * sum(I) from '${p}' group by k`,
  `select product(1 + k / 1e6), bit_xor(i), bit_or(k), count_if(k > 3) from '${p}'`,
  `select I as I, K, count(*) as n from '${p}' group by all order by i limit 3`,
  `select 'one' as a, 1 % 3 as b, sum(i) as s from '${p}' where i < 0 group by all`,
  `select 'one' as a, k, sum(i) as s from '${p}' group by all`,
  `select 'one' as a from '${p}' group by all`,
  `select list_transform([1, 2], lambda v: v + k), list_reduce([1, 2], lambda x, y: x + y + k) from read_csv('${c}') where i % 3000 < 3`,
  `select count(*), sum(5) from (select sem(x / 0) as unused from '${p}')`,
  `select list_transform([1, 2], v -> v + k) from read_csv('${c}') where i % 3000 < 3`,
  `select count_if(n > 1), k from '${p}' where n is null or k > 2 group by k`,
];

/** Not taken apart, but no two rows meet in them: each task runs them over its own. */
const rowByRow: readonly (readonly [sql: string, reason: RegExp])[] = [
  [`select unnest([k, i]) as u from '${p}' where i % 3000 < 3`, /rows of lists/],
  [`select k, unnest([k, i]) as u from '${p}' where i < 3000 order by u desc, k limit 9`, /rows of lists/],
  [
    `select u, count(*) as n from (select unnest([k, i % 5]) as u from '${p}') group by u order by all`,
    /rows of lists/,
  ],
  [`select x from (select distinct unnest([k, k]) as x from '${p}')`, /rows of lists/],
  [`select distinct unnest([k, k]) as x from '${p}' order by x limit 3`, /rows of lists/],
  [`select i, u.x from '${p}', unnest([k, i]) as u(x) where i % 3000 < 3 order by i, x`, /what is beside it/],
  [`select p from '${p}' p where i % 3000 < 3`, /way of its own/],
  [`select columns('^([ks])$') as "\\1" from '${p}' where i < 3000`, /by pattern/],
  [
    `unpivot (select k + 0.5 as a, x as b from '${p}' where i < 9) on a, b into name n value v`,
    /cannot be taken apart/,
  ],
];

/** Gathered, with the reason that explain gives. */
const gathered: readonly (readonly [sql: string, reason: RegExp])[] = [
  [`select max(columns('^(k|s)$')) as "\\1" from '${p}'`, /by pattern/],
  ['select 1 + 1 as two', /no file/],
  ['select * from range(5)', /no file/],
  [
    `select s, count(*) as c from (select s, random() as r from '${p}') where r >= 0 group by grouping sets ((s), (s)) order by all`,
    /sets of keys are equal/,
  ],
  [`select sum(w) from read_csv('${c}', filename = true)`, /read_csv with filename is read in one piece/],
  [`select s from '${p}' where i < 40 order by s collate nocase, i`, /collation/],
  [
    `pivot (select k, s, x from '${p}') on s in ('v1', 'v2') using count(*) filter (x > 1)`,
    /an aggregate of another form/,
  ],
  [
    `with recursive r(n, c) as (select 1, (select count(*) from '${p}') union all select n + 1, c from r where n < 4) select * from r`,
    /cannot be taken apart/,
  ],
];

function check(text: string, note = 'the query runs in one task'): readonly string[] {
  const staged = bench.plan({ kind: 'sql', text });
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  const ordered = /order by/.test(text.replace(/\([^()]*\)/g, ''));
  const whole = `SELECT * FROM (${text})`;
  const schema = bench.connection.describe(whole);
  const [actual, expected] = [bench.connection.rows(`FROM ${table}`), bench.connection.rows(whole)];
  assertSameRows(actual, expected, ordered, text);
  assert.deepEqual(staged.schema, schema, text);
  return staged.notes.map(({ text }) => text).filter((text) => text.startsWith(note));
}

test('a plain SELECT over one file is distributed and answers as DuckDB does, types included', () => {
  for (const text of distributed) assert.deepEqual(check(text), [], text);
});

test('a SELECT in which no two rows meet runs in each task, with the reason, and answers as DuckDB does', () => {
  for (const [text, reason] of rowByRow) {
    assert.match(check(text, 'each task runs the query over its own rows').join(), reason, text);
    assert.ok(
      bench.plan({ kind: 'sql', text }).stages.some(({ tasks }) => tasks > 1),
      `several tasks: ${text}`,
    );
  }
});

test('every other SELECT runs in one task, with the reason, and answers as DuckDB does', () => {
  for (const [text, reason] of gathered) assert.match(check(text).join(), reason, text);
});

test('only the columns that a gathered query names are scanned', () => {
  const text = `select sum(w.w) from '${c}' w join '${p}' p on p.i = w.i`;
  const staged = bench.plan({ kind: 'sql', text });
  const scanned = staged.stages.flatMap(({ inputs }) => inputs).filter(({ kind }) => kind === 'splits');
  assert.deepEqual(
    scanned.map(({ schema }) => schema.map(({ name }) => name)),
    [['i', 'w'], ['i']],
  );
});

function refusal(text: string): SheafError {
  try {
    bench.plan({ kind: 'sql', text });
  } catch (thrown) {
    return thrown as SheafError;
  }
  throw new Error(`accepted: ${text}`);
}

test('a syntax error keeps the message of DuckDB with its caret', () => {
  const error = refusal(`select k,\n  from where '${p}'`);
  assert.equal(error.code, 'SQL_INVALID');
  assert.match(error.message, /syntax error.*\nLINE 2: {3}from where.*\n +\^/s);
});

test('a binder error points into the text as it was written', () => {
  const text = `select sum(s)\nfrom '${p}'`;
  const error = refusal(text);
  assert.equal(error.code, 'SQL_INVALID');
  assert.match(error.message, /LINE 1: select sum\(s\)\n {15}\^/);
});

test('an unknown column names the nearest ones and lists what is there', () => {
  for (const text of [
    `select dya from '${p}'`,
    `select p.dya from '${p}' p`,
    `select sum(dya) from read_parquet('${p}')`,
  ]) {
    const error = refusal(text);
    assert.equal(error.code, 'COLUMN_UNKNOWN', text);
    assert.match(error.message, /no column "dya"/);
    assert.match(error.next ?? '', /Did you mean "day"\? The columns here are: i, k, s, d, x, n, day\./);
  }
});

test('an unknown field of a struct is no unknown column of the file', () => {
  const { message } = refusal(`select r.nope from (select {'k': k} as r from '${p}')`);
  assert.match(message, /Could not find key "nope" in struct/);
  assert.match(message, /"k"/);
});

test('an unknown table, several statements, parameters and other statements are refused', () => {
  assert.equal(refusal('select k from flights').code, 'TABLE_UNKNOWN');
  assert.match(refusal('select k from flights').next ?? '', /FROM 'flights.parquet'/);
  assert.equal(refusal('select 1; select 2').code, 'SQL_INVALID');
  assert.equal(refusal(`select k from '${p}' where k = $1`).code, 'SQL_INVALID');
  assert.equal(refusal('create table t as select 1').code, 'SQL_INVALID');
  assert.equal(refusal(`select k from '${bench.path('q.parquet')}'`).code, 'FILE_NOT_FOUND');
});

test('the present time is that of planning, the same in every task', () => {
  const text = `select distinct now() as t, current_date as d, current_timestamp - now() as z from '${p}'`;
  const staged = bench.plan({ kind: 'sql', text });
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  const [row, ...more] = bench.connection.rows(`FROM ${table}`);
  assert.deepEqual([row?.t, row?.d, row?.z, more.length], ['2026-01-02 03:00:00+00', '2026-01-02', '00:00:00', 0]);
  assert.ok(staged.stages.every(({ deterministic }) => deterministic));
});

test('every word for the present means planning time, unless it is a column', () => {
  const words = `today() as a, current_timestamp as b, transaction_timestamp() as c, current_time as d, localtime as e,
    localtimestamp as f, age(TIMESTAMP '2025-12-01') as g, ago(INTERVAL 1 DAY) as h`;
  const staged = bench.plan({ kind: 'sql', text: `select ${words} from '${c}' limit 1` });
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  const [moment, time] = ['2026-01-02 03:00:00+00', '03:00:00'];
  assert.deepEqual(bench.connection.rows(`FROM ${table}`), [
    {
      a: '2026-01-02',
      b: moment,
      c: moment,
      d: `${time}+00`,
      e: time,
      f: '2026-01-02 03:00:00',
      g: '1 month 1 day',
      h: '2026-01-01 03:00:00+00',
    },
  ]);
  const named = bench.file('named.csv', 'SELECT 5 AS current_date');
  const own = bench.plan({ kind: 'sql', text: `select current_date from '${named}'` });
  assert.match(own.stages[0]?.steps.map((step) => step.kind === 'sql' && step.sql).join() ?? '', /SELECT .* FROM in0$/);
  assert.deepEqual(own.schema, [{ name: 'current_date', type: 'BIGINT' }]);
});

test('chance makes a stage not deterministic', () => {
  const staged = bench.plan({ kind: 'sql', text: `select k, count(*) from '${p}' where random() < 0.5 group by k` });
  assert.deepEqual(
    staged.stages.map(({ deterministic }) => deterministic),
    [false, true],
  );
});
