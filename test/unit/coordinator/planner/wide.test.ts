import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { explainPlan } from '../../../../coordinator/planner/explain/staged.ts';
import type { PlanNode } from '../../../../shared/plan/node.ts';
import { runLocally } from '../../../support/planner/local-executor.ts';
import { PlannerBench, scan } from '../../../support/planner/planner.ts';
import { assertSameRows } from '../../../support/same-rows.ts';

const bench = new PlannerBench({ wideBytesMax: 300_000 });
after(() => bench[Symbol.dispose]());
const parquet = bench.file('a.parquet', 'SELECT i, i % 7 AS k, i / 2 AS d FROM range(10_000) t(i)');
const csv = bench.file('b.csv', "SELECT i AS k, 'name ' || i AS name FROM range(7) t(i)");

const sql = (text: string): PlanNode => ({ kind: 'sql', text });
const grouped: PlanNode = {
  kind: 'aggregate',
  input: scan(parquet),
  keys: [{ name: 'k', sql: 'k' }],
  aggregates: [{ name: 's', sql: 'sum(i)' }],
};
const isWide = (plan: PlanNode, limits: Partial<typeof bench.config> = {}): boolean => {
  const { stages } = bench.plan(plan, { slots: 4, config: { ...bench.config, ...limits } });
  return stages.length === 1 && stages[0]?.wide === true;
};

test('a question that reads little is one task over all threads, in its own words', () => {
  const text = `SELECT name, sum(i) AS s FROM '${parquet}' JOIN '${csv}' USING (k) GROUP BY ALL ORDER BY name`;
  const staged = bench.plan(sql(text), { slots: 4 });
  assert.deepEqual(
    staged.stages.map(({ wide, tasks }) => ({ wide, tasks })),
    [{ wide: true, tasks: 1 }],
  );
  const explained = explainPlan(staged).text;
  assert.match(explained, /1 task on all threads of one worker/);
  assert.match(explained, /runs wide on one worker, because it reads about 1 MiB: no more than 1 MiB \(wideBytesMax\)/);
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(text), true, text);
});

test('the dataset API, too: what it does is done in place', () => {
  const join: PlanNode = {
    kind: 'join',
    type: 'left',
    left: grouped,
    right: scan(csv),
    on: { kind: 'using', columns: ['k'] },
  };
  const plan: PlanNode = { kind: 'sort', input: join, keys: ['k'] };
  assert.ok(isWide(plan));
  const table = runLocally(bench.plan(plan), bench.connection, { directory: bench.directory });
  const same = `SELECT k, s, name FROM (SELECT k, sum(i) AS s FROM '${parquet}' GROUP BY k) LEFT JOIN '${csv}' USING (k) ORDER BY k`;
  assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(same), true, 'joined');
});

test('SQL over a dataset, too: what was done to it is done in the same task', () => {
  const text = 'SELECT name, s FROM totals JOIN names USING (k) ORDER BY s DESC LIMIT 3';
  const relations = [
    { name: 'totals', plan: grouped },
    { name: 'names', plan: scan(csv) },
  ];
  const plan: PlanNode = { kind: 'sql', text, relations };
  assert.ok(isWide(plan));
  const table = runLocally(bench.plan(plan), bench.connection, { directory: bench.directory });
  const totals = `SELECT k, sum(i) AS s FROM '${parquet}' GROUP BY k`;
  const same = `WITH totals AS (${totals}) SELECT name, s FROM totals JOIN '${csv}' USING (k) ORDER BY s DESC LIMIT 3`;
  assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(same), true, 'over a dataset');
});

test('only what is read counts: columns that nobody names do not', () => {
  assert.ok(isWide(sql(`SELECT sum(i) FROM '${parquet}'`), { wideBytesMax: 100_000 }));
  assert.ok(!isWide(sql(`SELECT sum(i + k + d) FROM '${parquet}'`), { wideBytesMax: 100_000 }));
});

test('what EXISTS selects is not read: SELECT * there names no columns', () => {
  const exists = (list: string, more = '') =>
    sql(`SELECT sum(k) FROM '${csv}' b WHERE NOT EXISTS (SELECT ${list} FROM '${parquet}' a WHERE a.k = b.k ${more})`);
  assert.ok(isWide(exists('*'), { wideBytesMax: 100_000 }));
  assert.ok(isWide(exists(`* FROM '${csv}' c WHERE EXISTS (SELECT *`, ')'), { wideBytesMax: 100_000 }));
  assert.ok(!isWide(exists('*', 'GROUP BY ALL HAVING count(*) > 1'), { wideBytesMax: 100_000 }));
  assert.ok(!isWide(sql(`SELECT sum(k) FROM (SELECT * FROM '${parquet}')`), { wideBytesMax: 100_000 }));
});

test('Parquet files stand in the question themselves; what must be cast or told how to read is a view', () => {
  const config = { ...bench.config, wideBytesMax: 2 ** 30 };
  const textOf = (text: string): string => JSON.stringify(bench.plan(sql(text), { config }).stages[0]?.steps);
  const again = textOf(`SELECT max(x.i) FROM '${parquet}' AS x, '${parquet}' y WHERE x.i = y.k`);
  assert.equal(again.split('read_parquet(').length, 3);
  assert.doesNotMatch(again, /\bin\d/);
  assert.match(textOf(`SELECT max(k) FROM '${csv}'`), /\bin0\b/);
  assert.match(textOf(`SELECT max(i) FROM read_parquet('${parquet}', union_by_name = true)`), /\bin0\b/);
});

test('what reads even less is an ordinary task, beside others on its worker', () => {
  const { stages } = bench.plan(grouped, { config: { ...bench.config, taskBytesMin: 2 ** 20 } });
  assert.deepEqual([stages.length, stages[0]?.tasks, stages[0]?.wide], [1, 1, undefined]);
});

test('what works row by row is spread, however little it is: its rows leave side by side', () => {
  assert.ok(!isWide(sql(`SELECT i + 1 AS j FROM '${parquet}' WHERE k > 3`)));
  assert.ok(!isWide({ kind: 'filter', input: scan(parquet), predicate: 'k > 3' }));
  for (const text of ['DISTINCT k', 'sum(k)', 'row_number() OVER (ORDER BY i)', 'k LIMIT 3', '(SELECT max(7)) + k']) {
    const [list = '', limit] = text.split(' LIMIT');
    assert.ok(isWide(sql(`SELECT ${list} FROM '${parquet}' ${limit ? `LIMIT ${limit}` : ''}`)), text);
  }
});

test('rows from JavaScript and a number of tasks that was asked for are never wide', () => {
  const uploaded: PlanNode = { kind: 'dataset', id: 'd', schema: [{ name: 'k', type: 'BIGINT' }] };
  const join: PlanNode = {
    kind: 'join',
    type: 'inner',
    left: grouped,
    right: uploaded,
    on: { kind: 'using', columns: ['k'] },
  };
  assert.ok(!isWide(join));
  assert.ok(!isWide({ kind: 'repartition', input: grouped, keys: ['k'], partitions: 3 }));
  const bundle = { sha256: 'a'.repeat(64), name: 'f', async: false };
  assert.ok(!isWide({ kind: 'call', input: grouped, mode: 'filter', function: bundle, deterministic: true }));
});

test('nothing is wide where the limit is 0', () => assert.ok(!isWide(grouped, { wideBytesMax: 0 })));
