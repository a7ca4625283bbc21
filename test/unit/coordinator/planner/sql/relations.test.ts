/** SQL over relations that come with the text: plans under names, and parameters. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { SheafError } from '../../../../../shared/errors.ts';
import type { PlanNode } from '../../../../../shared/plan/node.ts';
import type { SqlNode } from '../../../../../shared/plan/nodes/sql.ts';
import { runLocally } from '../../../../support/planner/local-executor.ts';
import { PlannerBench, scan } from '../../../../support/planner/planner.ts';
import { assertSameRows } from '../../../../support/same-rows.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const p = bench.file(
  'p.parquet',
  "SELECT i, i % 7 AS k, 'v' || (i % 5) AS s, i / 3.0::DOUBLE AS x FROM range(10000) t(i)",
);
const c = bench.file('c.csv', "SELECT i, 'n' || i AS name FROM range(500) t(i)");

const late: PlanNode = { kind: 'filter', input: scan(p), predicate: 'x > 1000' };
const grouped: PlanNode = {
  kind: 'aggregate',
  input: late,
  keys: [{ name: 'k', sql: 'k' }],
  aggregates: [{ name: 'n', sql: 'count(*)' }],
};
const few: PlanNode = { kind: 'limit', input: scan(p), limit: 5, offset: 0 };
const question: PlanNode = { kind: 'sql', text: `select k, max(i) as most from '${p}' group by k` };
const relations = [
  { name: 'late', plan: late },
  { name: 'grouped', plan: grouped },
  { name: 'few', plan: few },
  { name: 'Odd "name"', plan: question },
];
/** The same relations for DuckDB. */
const expected = `WITH late AS (SELECT * FROM '${p}' WHERE x > 1000),
  grouped AS (SELECT k, count(*) AS n FROM late GROUP BY k),
  "Odd ""name""" AS (select k, max(i) as most from '${p}' group by k)\n`;

function check(text: string, more: Partial<SqlNode> = {}, filled = text): readonly string[] {
  const staged = bench.plan({ kind: 'sql', text, relations, ...more });
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  const whole = `${expected}SELECT * FROM (${filled})`;
  const [actual, wanted] = [bench.connection.rows(`FROM ${table}`), bench.connection.rows(whole)];
  assertSameRows(actual, wanted, /order by/.test(text), text);
  assert.deepEqual(staged.schema, bench.connection.describe(whole), text);
  return staged.notes.map((note) => note.text).filter((note) => note.startsWith('the query runs in one task'));
}

test('plans are read by their names, joined with files and with each other, and stay distributed', () => {
  for (const text of [
    'select * from late where k = 3',
    'select l.s, count(*) as n, sum(l.x) from LATE l where l.i < 9000 group by all',
    `select g.k, n, name from grouped g join '${c}' c on c.i = g.k order by g.k`,
    'select a.i, g.n from late a join grouped g using (k) where a.i % 100 = 0',
    'select a.i, b.i as j from late a join late b on a.i = b.i + 1 where a.k = 2',
    'select o.most, g.n from "odd ""name""" o join grouped g on o.k = g.k',
    'with big as (select * from grouped where n > 990) select sum(n) from big',
    'select k from grouped union all select k from late where i < 3500',
    'select i from late where k in (select k from grouped where n > 1000)',
    'select late.k, avg(late.x) from late group by late.k',
    'select s, k, count(*) from late group by rollup (s, k), rollup (s) order by all',
    'select g.k, n, l.i from grouped g, lateral (select i from late where late.k = g.k order by i limit 2) l order by all',
  ]) {
    assert.deepEqual(check(text), [], text);
  }
});

test('what no rule distributes is gathered over the plans', () => {
  for (const text of [
    'select a.i from late a positional join grouped b order by all',
    'select k, n from grouped order by all limit 50%',
  ]) {
    assert.equal(check(text).length, 1, text);
  }
});

test('a WITH clause of a name hides the plan of that name, but not from itself', () => {
  for (const text of [
    'with late as (select 1 as one) select * from late',
    'select count(*) from late where i in (with late as (select 5000 as i) select i from late)',
  ]) {
    check(text);
  }
  const own = 'with late as (select k, count(*) as n from late group by k) select * from late';
  const staged = bench.plan({ kind: 'sql', text: own, relations });
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  const rows = bench.connection.rows(`SELECT * FROM (SELECT k, count(*) AS n FROM '${p}' WHERE x > 1000 GROUP BY k)`);
  assertSameRows(bench.connection.rows(`FROM ${table}`), rows, false, own);
});

test('a plan that may have other rows each time is run once, however often it is read', () => {
  const text = 'select count(*) as n from few a join few b on a.i = b.i';
  const staged = bench.plan({ kind: 'sql', text, relations });
  assert.match(staged.notes.map((note) => note.text).join(), /more than once that may have other rows/);
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  assert.deepEqual(bench.connection.rows(`FROM ${table}`), [{ n: 5 }]);
});

test('only the columns that are used of a plan are made', () => {
  const staged = bench.plan({ kind: 'sql', text: 'select sum(i) from late', relations });
  const scanned = staged.stages.flatMap(({ inputs }) => inputs).filter(({ kind }) => kind === 'splits');
  assert.deepEqual(
    scanned.map(({ schema }) => schema.map(({ name }) => name)),
    [['i', 'x']],
  );
});

test('parameters by name and by number are constants of their own types', () => {
  const values = [
    { name: 'least', sql: '990' },
    { name: 'text', sql: "'v''1'" },
    { name: 'rows', sql: '3' },
  ];
  const named = 'select k, n, $text as t from grouped where n > $least order by k limit $rows';
  check(named, { parameters: values }, "select k, n, 'v''1' as t from grouped where n > 990 order by k limit 3");
  const numbered = 'select i + ? as j, ? from late where k = $1 and s <> ? order by i limit 4'.replace('$1', '?');
  const four = ['1', "'?'", '2', "'v1'"].map((sql, i) => ({ name: String(i + 1), sql }));
  check(
    numbered,
    { parameters: four },
    "select i + 1 as j, '?' from late where k = 2 and s <> 'v1' order by i limit 4",
  );
  check(
    'select count(*) as "$1 ?", \'$1\' as t from read_parquet($1) -- $1 ?',
    { parameters: [{ name: '1', sql: `'${p}'` }] },
    `select count(*) as "$1 ?", '$1' as t from read_parquet('${p}')\n`,
  );
});

test('an aggregate may be ordered by a parameter, which is no literal there', () => {
  for (const value of ['0.5e0', '7', "'x'", 'NULL']) {
    const text =
      'select k, list(n order by $1, n), mode() within group (order by $1) from grouped group by k order by k';
    const meant = `select k, list(n order by n), mode(${value}) from grouped group by k order by k`;
    const distinct = 'select list(distinct $1 order by $1) as l from late';
    check(distinct, { parameters: [{ name: '1', sql: value }] }, `select list(distinct ${value}) as l from late`);
    const names = (sql: string): string => `select * from (${sql}) t(k, l, m) order by k`;
    check(names(text), { parameters: [{ name: '1', sql: value }] }, names(meant));
  }
});

test('a value never becomes SQL', () => {
  const sql = "'x'' or true --'";
  const text = 'select count(*) as n from late where s = $1';
  const staged = bench.plan({ kind: 'sql', text, relations, parameters: [{ name: '1', sql }] });
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  assert.deepEqual(bench.connection.rows(`FROM ${table}`), [{ n: 0 }]);
});

function refusal(text: string, more: Partial<SqlNode> = {}): SheafError {
  try {
    bench.plan({ kind: 'sql', text, relations, ...more });
  } catch (thrown) {
    return thrown as SheafError;
  }
  throw new Error(`accepted: ${text}`);
}

test('a parameter without a value, and a value without a parameter, are named', () => {
  const parameters = [{ name: 'delay', sql: '1' }];
  const missing = refusal('select $dealy from late', { parameters });
  assert.equal(missing.code, 'SQL_INVALID');
  assert.match(missing.message, /\$dealy has no value/);
  assert.match(missing.next ?? '', /"delay"/);
  assert.match(refusal('select 1', { parameters }).message, /\$delay, which the SQL does not name/);
  assert.match(refusal('select ?, ? from late', { parameters: [{ name: '1', sql: '1' }] }).message, /\$2 has no value/);
});

test('an unknown table suggests the nearest plan, an unknown column the nearest columns', () => {
  const table = refusal('select * from groupd');
  assert.equal(table.code, 'TABLE_UNKNOWN');
  assert.match(table.next ?? '', /"grouped"/);
  const column = refusal('select most, lates from late join "odd ""name""" using (k)');
  assert.equal(column.code, 'COLUMN_UNKNOWN');
  assert.match(refusal('select sx from late').message, /no column "sx" in late/);
});

test('an ambiguous column lists its candidates', () => {
  const error = refusal('select i from late a join late b using (k)');
  assert.equal(error.code, 'SQL_INVALID');
  assert.match(error.message, /LINE 1: select i from late/);
  assert.match(error.next ?? '', /a\.i or b\.i/);
  const three = refusal(`select i from late a, late b, '${c}' c`);
  assert.equal(three.details?.candidates, 'a.i, b.i, c.i');
  assert.equal(refusal('with x as (select 1 as i) select i from late a, x').details?.candidates, 'a.i, x.i');
});
