import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { nextWave } from '../../../../../coordinator/planner/adapt/next-wave.ts';
import { type AdaptLimits, begin, finished } from '../../../../../coordinator/planner/adapt/progress.ts';
import type { Config } from '../../../../../shared/config/config.ts';
import type { Adaptation } from '../../../../../shared/plan/job.ts';
import type { PlanNode } from '../../../../../shared/plan/node.ts';
import type { JoinType } from '../../../../../shared/plan/nodes/join.ts';
import type { ExchangeSlice } from '../../../../../shared/stage/exchange-part.ts';
import { calm, runAdapted } from '../../../../support/planner/adapted-run.ts';
import { runLocally } from '../../../../support/planner/local-executor.ts';
import { PlannerBench, scan } from '../../../../support/planner/planner.ts';

const bench = new PlannerBench({ broadcastBytesMax: 0, rereadBytesMax: 0 });
after(() => bench[Symbol.dispose]());

const facts = bench.file('facts.parquet', "SELECT i AS id, i % 1000 AS k, 'text ' || i AS t FROM range(20000) r(i)");
const skewed = bench.file(
  'skewed.parquet',
  'SELECT i AS id, CASE WHEN i % 10 < 8 THEN 7 ELSE i % 1000 END AS k FROM range(20000) r(i)',
);
// In one piece: one task reads all of it.
const lump = bench.file('lump.parquet', `FROM '${skewed}'`, 'ROW_GROUP_SIZE 100000');
const names = bench.file('names.parquet', "SELECT i AS k, 'name ' || i AS name FROM range(6000) r(i)");

const join = (left: PlanNode, right: PlanNode, type: JoinType = 'inner'): PlanNode => ({
  kind: 'join',
  type,
  left,
  right,
  on: { kind: 'using', columns: ['k'] },
});
const filter = (input: PlanNode, predicate: string): PlanNode => ({ kind: 'filter', input, predicate });

interface Ran {
  readonly adaptations: readonly Adaptation[];
  /** Stages that ran, with their tasks. */
  readonly stages: readonly string[];
}

/** Runs the plan as it is adapted by these limits; its rows must be DuckDB's. */
function run(plan: PlanNode, sql: string, limits: Partial<AdaptLimits>, config: Partial<Config> = {}): Ran {
  const { adaptations, stages } = runAdapted(bench, plan, sql, { limits, config });
  return { adaptations, stages: stages.map(({ tasks, name }) => `${tasks} × ${name}`) };
}

const kinds = ({ adaptations }: Ran): string[] => adaptations.map(({ kind }) => kind);
const joined = `SELECT * FROM '${facts}' JOIN '${names}' USING (k)`;
const few = `SELECT * FROM '${facts}' JOIN (FROM '${names}' WHERE k < 3) USING (k)`;

test('nothing changes where sizes are as they were thought', () => {
  assert.deepEqual(kinds(run(join(scan(facts), scan(names)), joined, {})), []);
});

test('partitions with little in them are read together, and all by one task where they are worth no more', () => {
  const ran = run(join(scan(facts), scan(names)), joined, { taskBytesMin: 400_000 });
  assert.deepEqual(kinds(ran), ['merged']);
  assert.match(ran.stages.at(-1) ?? '', /^2 × meet by join key → join/);
  // Three tasks for four partitions would take as long as two.
  const four = run(join(scan(facts), scan(names)), joined, { taskBytesMin: 200_000 });
  assert.match(four.stages.at(-1) ?? '', /^4 × meet by join key → join/);
  const tiny = run(join(scan(facts), scan(names)), joined, { taskBytesMin: 2 ** 30 });
  assert.match(tiny.stages.at(-1) ?? '', /^1 × meet by join key → join/);
});

test('as many partitions as the user asked for are read by as many tasks', () => {
  const plan: PlanNode = { kind: 'repartition', input: scan(facts), partitions: 7, keys: ['k'] };
  const ran = run(plan, `FROM '${facts}'`, { taskBytesMin: 2 ** 30 });
  assert.match(ran.stages.at(-1) ?? '', /^7 × /);
});

test('a side that turns out small is sent whole to the other, which has waited for it and exchanges nothing', () => {
  const ran = run(join(scan(facts), filter(scan(names), 'k < 3')), few, { broadcastBytesMax: 10_000 });
  assert.deepEqual(kinds(ran), ['broadcast']);
  assert.deepEqual(
    ran.stages.map((stage) => stage.replace(/^\d+ × /, '')),
    ['scan names.parquet → filter', 'scan facts.parquet → join'],
  );
});

test('a join where its side is made is one text with it: no rows pass from one step to the next', () => {
  const plan = join(filter(scan(facts), 'id > 0'), filter(scan(names), 'k < 3'));
  const limits = { broadcastBytesMax: 10_000 };
  const sql = `SELECT * FROM (FROM '${facts}' WHERE id > 0) JOIN (FROM '${names}' WHERE k < 3) USING (k)`;
  const [, joining] = runAdapted(bench, plan, sql, { limits, config: {} }).stages;
  assert.equal(joining?.steps.length, 1);
});

test('two sides of one size do not wait for each other', () => {
  const columns = [
    { name: 'k', sql: 'k' },
    { name: 'id2', sql: 'id' },
    { name: 't2', sql: 't' },
  ];
  const other: PlanNode = { kind: 'project', columns, input: filter(scan(facts), 'id % 20 = 0') };
  const sql = `SELECT * FROM (FROM '${facts}' WHERE id % 20 = 0) JOIN
    (SELECT k, id AS id2, t AS t2 FROM '${facts}' WHERE id % 20 = 0) USING (k)`;
  const ran = run(join(filter(scan(facts), 'id % 20 = 0'), other), sql, { awaitOtherSidePercent: 100 });
  assert.equal(ran.stages.length, 3);
});

test('a side that turns out small when both are made is sent whole, and the other read where it lies', () => {
  const limits = { broadcastBytesMax: 10_000, awaitOtherSidePercent: 1_000_000 };
  const ran = run(join(scan(facts), filter(scan(names), 'k < 3')), few, limits);
  assert.deepEqual(kinds(ran), ['broadcast', 'merged']);
  assert.equal(ran.stages.length, 3);
});

for (const type of ['right', 'full'] as const) {
  test(`the right side of a ${type} join is never sent to several tasks`, () => {
    const sql = `SELECT * FROM '${facts}' ${type} JOIN (FROM '${names}' WHERE k < 3) USING (k)`;
    const ran = run(join(scan(facts), filter(scan(names), 'k < 3'), type), sql, { broadcastBytesMax: 10_000 });
    assert.deepEqual(kinds(ran), []);
  });
}

test('a skewed partition is cut by what wrote it, and the other side is read by each of its tasks', () => {
  const sql = `SELECT * FROM '${skewed}' JOIN '${names}' USING (k)`;
  const limits = { skewBytesMin: 1000, skewPercent: 200 };
  const ran = run(join(scan(skewed), scan(names)), sql, limits);
  assert.ok(kinds(ran).includes('split'), kinds(ran).join());
  assert.ok(Number.parseInt(ran.stages.at(-1) ?? '', 10) > 4, ran.stages.join('\n'));
});

for (const [type, splits] of [
  ['left', true],
  ['semi', true],
  ['anti', true],
  ['right', false],
  ['full', false],
] as const) {
  test(`a skewed left side of a ${type} join is ${splits ? '' : 'not '}cut`, () => {
    const sql = `SELECT * FROM '${skewed}' ${type} JOIN '${names}' USING (k)`;
    const ran = run(join(scan(skewed), scan(names), type), sql, { skewBytesMin: 1000, skewPercent: 200 });
    assert.equal(kinds(ran).includes('split'), splits, kinds(ran).join());
  });
}

/** What the tasks of the last stage read of the first input. */
function slicesOf(plan: PlanNode, sql: string, skewBytesMin = 10_000): readonly ExchangeSlice[] {
  const { stages } = runAdapted(bench, plan, sql, { limits: { skewBytesMin, skewPercent: 200 } });
  const [input] = stages.at(-1)?.inputs ?? [];
  return input?.kind === 'exchange' ? (input.perTask ?? []) : [];
}

test('a skewed partition that one task wrote is cut by rows, each of which one task reads', () => {
  const sql = `SELECT * FROM '${lump}' JOIN '${names}' USING (k)`;
  const slices = slicesOf(join(scan(lump), scan(names)), sql);
  const ranges = slices.flatMap(({ rows }) => (rows === undefined ? [] : [rows]));
  assert.ok(ranges.length > 2, JSON.stringify(slices));
  assert.ok(ranges.every(({ from }, i) => from === (i === 0 ? 0 : ranges[i - 1]?.to)));
  const sizes = ranges.map(({ from, to }) => to - from);
  assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, sizes.join());
});

test('a partition is cut into no more parts than it has rows', () => {
  const few = bench.file('few.parquet', 'SELECT 7 AS k, repeat(i::VARCHAR, 50) AS t FROM range(12) r(i)');
  const slices = slicesOf(join(scan(few), scan(names)), `SELECT * FROM '${few}' JOIN '${names}' USING (k)`, 1);
  const ranges = slices.flatMap(({ rows }) => (rows === undefined ? [] : [rows]));
  assert.ok(ranges.length > 2 && ranges.every(({ from, to }) => to > from), JSON.stringify(slices));
});

test('rows that may come in another order when they are made again are not cut by their places', () => {
  const distinct: PlanNode = { kind: 'distinct', input: scan(lump) };
  const sql = `SELECT * FROM (SELECT DISTINCT * FROM '${lump}') JOIN '${names}' USING (k)`;
  const slices = slicesOf(join(distinct, scan(names)), sql);
  assert.ok(!slices.some(({ rows }) => rows !== undefined), JSON.stringify(slices));
});

test('the other side of an inner join is not even scanned where one side is empty', () => {
  const none = `SELECT * FROM '${facts}' JOIN (FROM '${names}' WHERE k % 7 = 9) USING (k)`;
  const ran = run(join(scan(facts), filter(scan(names), 'k % 7 = 9')), none, {});
  assert.deepEqual(kinds(ran), ['empty', 'merged']);
  assert.deepEqual(ran.stages, ['3 × scan names.parquet → filter', '1 × meet by join key → join']);
});

test('a scan that runs for nobody any more is named', () => {
  const unknown: PlanNode = {
    kind: 'call',
    mode: 'filter',
    function: { sha256: 'f00d', name: 'none', async: false },
    schema: [
      { name: 'k', type: 'BIGINT' },
      { name: 'name', type: 'VARCHAR' },
    ],
    deterministic: true,
    input: scan(names),
  };
  const plan = bench.plan({ kind: 'distinct', input: join(scan(facts), unknown) });
  const first = nextWave(begin(plan, 4, { ...calm(bench), awaitOtherSidePercent: 1_000_000 }));
  const [left, right] = first.stages.map(({ id, tasks }) => ({ id, tasks }));
  assert.ok(left !== undefined && right !== undefined && first.stages.length === 2);
  assert.deepEqual(first.unneeded, []);
  const none = { rows: 0, bytes: 0, tasks: Array.from({ length: right.tasks }, () => []) };
  assert.deepEqual(nextWave(finished(first.progress, right.id, none)).unneeded, [left.id]);
});

test('rows without a match stay where the other side is empty', () => {
  const sql = `SELECT * FROM '${facts}' LEFT JOIN (FROM '${names}' WHERE k % 7 = 9) USING (k)`;
  const ran = run(join(scan(facts), filter(scan(names), 'k % 7 = 9'), 'left'), sql, {});
  assert.ok(!kinds(ran).includes('empty'), kinds(ran).join());
});

test('an empty side that may have rows when it runs again drops nothing', () => {
  const chance = filter(scan(names), 'random() < -1');
  const ran = run(join(scan(facts), chance), `SELECT * FROM '${facts}' JOIN '${names}' USING (k) LIMIT 0`, {});
  assert.ok(!kinds(ran).includes('empty'), kinds(ran).join());
});

test('a side sent whole that is empty spares the scan that it was to meet', () => {
  const config = { broadcastBytesMax: 2 ** 26 };
  const none = `SELECT count(*) AS n FROM '${facts}' JOIN (FROM '${names}' WHERE k % 7 = 9) USING (k)`;
  const input = join(scan(facts), filter(scan(names), 'k % 7 = 9'));
  const plan: PlanNode = { kind: 'aggregate', keys: [], aggregates: [{ name: 'n', sql: 'count(*)' }], input };
  const ran = run(plan, none, {}, config);
  assert.ok(kinds(ran).includes('empty'), kinds(ran).join());
  assert.ok(
    ran.stages.some((stage) => stage.startsWith('1 × scan facts.parquet')),
    ran.stages.join('\n'),
  );
});

test('few rows are not cut into ranges to be sorted', () => {
  // What a function leaves is not estimated.
  const few: PlanNode = {
    kind: 'call',
    mode: 'filter',
    function: { sha256: 'f00d', name: 'few', async: false },
    schema: [
      { name: 'id', type: 'BIGINT' },
      { name: 'k', type: 'BIGINT' },
      { name: 't', type: 'VARCHAR' },
    ],
    deterministic: true,
    input: scan(facts),
  };
  const sql = `FROM '${facts}' WHERE k = 5 ORDER BY id`;
  const ran = run({ kind: 'sort', keys: ['id'], input: few }, sql, {}, { sortBytesMin: 10_000 });
  assert.deepEqual(kinds(ran), ['whole']);
  assert.deepEqual(ran.stages.slice(1), ['1 × range → sort']);
});

test('a stage that is given more than was thought writes more partitions', () => {
  const many: PlanNode = {
    kind: 'call',
    mode: 'flatMap',
    function: { sha256: 'f00d', name: 'manifold', async: false },
    schema: [
      { name: 'id', type: 'BIGINT' },
      { name: 'k', type: 'BIGINT' },
      { name: 't', type: 'VARCHAR' },
    ],
    deterministic: true,
    input: filter(scan(facts), 'id % 10 = 0'),
  };
  const columns = ['id', 't'].map((name) => ({ name, sql: name }));
  const fewer: PlanNode = { kind: 'project', columns, input: { kind: 'distinct', input: many } };
  const staged = bench.plan({ kind: 'distinct', input: fewer }, { slots: 2 });
  const adaptations: Adaptation[] = [];
  const table = runLocally(staged, bench.connection, {
    directory: bench.directory,
    functions: { manifold: 'SELECT id * 100 + j AS id, k, t FROM previous, range(20) r(j)' },
    adapt: { slots: 2, limits: calm(bench) },
    adaptations,
  });
  assert.deepEqual(bench.connection.rows(`SELECT count(*) AS n FROM ${table}`), [{ n: 40_000 }]);
  assert.ok(
    adaptations.some(({ kind }) => kind === 'partitions'),
    JSON.stringify(adaptations),
  );
});

test('a scan of several tasks for each slot has one for each where all of them build a table of what is sent whole', () => {
  const plan = join(scan(facts), filter(scan(names), 'k >= 0'));
  const sql = `SELECT * FROM '${facts}' JOIN '${names}' USING (k)`;
  const about = { slots: 2, config: { broadcastBytesMax: 2 ** 20, taskBytesTarget: 100_000 } };
  const { adaptations, stages } = runAdapted(bench, plan, sql, about);
  const [made] = stages.filter(({ name }) => name.startsWith('scan facts.parquet'));
  assert.deepEqual(
    adaptations.map(({ kind, text }) => `${kind}: ${text.replace(/[\d.]+ KiB/, 'some')}`),
    ['merged: 6 scans are 2: each builds tables of some'],
  );
  assert.equal(made?.tasks, 2);
  // Little beside what a task reads: nothing changes.
  const fewNames = join(scan(facts), filter(scan(names), 'k < 3'));
  assert.deepEqual(runAdapted(bench, fewNames, few, about).adaptations, []);
});
