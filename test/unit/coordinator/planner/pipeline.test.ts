import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { PlanContext } from '../../../../coordinator/planner/context.ts';
import { explainPlan } from '../../../../coordinator/planner/explain/staged.ts';
import type { StagedPlan } from '../../../../coordinator/planner/stages/staged-plan.ts';
import type { Json } from '../../../../shared/json.ts';
import type { PlanNode } from '../../../../shared/plan/node.ts';
import type { ExtractNode } from '../../../../shared/plan/nodes/extract.ts';
import type { LoadNode, LoadOutput } from '../../../../shared/plan/nodes/load.ts';
import { parseJobRequest } from '../../../../shared/plan/validate.ts';
import { extractKey } from '../../../../shared/plan/walk.ts';
import { receiptSchema } from '../../../../shared/stage/load-step.ts';
import { runLocally } from '../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const requests: ExtractNode = { kind: 'extract', connector: 'test', options: { of: 'requests' }, provenance: true };
const columns = [
  { name: 'host', type: 'VARCHAR' },
  { name: 'status', type: 'INTEGER' },
  { name: 'bytes', type: 'BIGINT' },
];

/** Four pieces of five rows each; of each the last could not be read. */
const pieces = Array.from({ length: 4 }, (_, n) => ({
  piece: `SELECT 'h' || i AS host, (200 + 100 * (i % 3))::INTEGER AS status, i AS bytes, 'piece ${n}' AS _source, i AS _position,
    CASE WHEN i % 5 = 4 THEN 'no date' END AS _rejected, NULL AS _raw FROM range(${n * 5}, ${n * 5 + 5}) AS t(i)`,
  rows: 5,
  bytes: 100,
}));

const contextOf = (plan: PlanNode, deterministic = true): PlanContext => ({
  ...bench.context(plan),
  extracts: { [extractKey(requests)]: { schema: columns, pieces, deterministic } },
});

const planned = (plan: PlanNode, deterministic?: boolean): StagedPlan =>
  bench.plan(plan, contextOf(plan, deterministic));

const step = (name: string, input: PlanNode): PlanNode => ({ kind: 'step', name, input });
const sqlOver = (text: string, name: string, plan: PlanNode): PlanNode => ({
  kind: 'sql',
  text,
  relations: [{ name, plan }],
});
const output = (name: string, input: PlanNode, single = false): LoadOutput => ({
  name,
  input,
  sink: { connector: 'test', options: {}, prepared: null, single },
});
const load = (...outputs: readonly LoadOutput[]): LoadNode => ({
  kind: 'load',
  run: 'run-1',
  pipeline: 'requests',
  outputs,
});

const good = sqlOver('SELECT host, status FROM raw WHERE _rejected IS NULL', 'raw', step('raw', requests));
const bad = sqlOver(
  'SELECT _source, _position, _rejected FROM raw WHERE _rejected IS NOT NULL',
  'raw',
  step('raw', requests),
);

test('a step that two outputs read is one stage, read task by task by both; receipts meet in one task', () => {
  const staged = planned(load(output('good', good), output('bad', bad)));
  const text = explainPlan(staged).text;
  const extracting = staged.stages.filter(({ inputs }) => inputs.some(({ kind }) => kind === 'extract'));
  assert.equal(extracting.length, 1, text);
  assert.equal(extracting[0]?.tasks, 4, text);
  assert.deepEqual(
    extracting[0]?.schema.map(({ name }) => name),
    ['host', 'status', '_source', '_position', '_rejected'],
    'what neither reads is not extracted',
  );
  const loading = staged.stages.filter(({ steps }) => steps.at(-1)?.kind === 'load');
  assert.deepEqual(
    loading.map(({ tasks, deterministic, schema }) => ({ tasks, deterministic, schema })),
    Array(2).fill({ tasks: 4, deterministic: false, schema: receiptSchema }),
    text,
  );
  assert.equal(staged.stages.length, 4, text);
  assert.equal(staged.stages[staged.finalStage]?.tasks, 1);
  assert.match(text, /load good \(test\)/);
  assert.match(text, /from test, 4 pieces/);
});

test('each row is written once, and each task has its receipt', () => {
  const staged = planned(load(output('good', good), output('bad', bad)));
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  const rows = bench.connection.rows(
    `SELECT output, count(*)::INTEGER AS tasks, sum((receipt->>'rows')::INTEGER)::INTEGER AS written FROM ${table} GROUP BY ALL ORDER BY ALL`,
  );
  assert.deepEqual(rows, [
    { output: 'bad', tasks: 4, written: 4 },
    { output: 'good', tasks: 4, written: 16 },
  ]);
});

test('a step that one reads is as if it were not there', () => {
  const { stages } = planned(load(output('good', good)));
  assert.equal(stages.length, 2);
  assert.deepEqual(
    stages[0]?.inputs[0]?.schema.map(({ name }) => name),
    ['host', 'status', '_rejected'],
  );
});

test('steps of steps: each is planned once, with the columns of all that read it', () => {
  const raw = step('raw', requests);
  const errors = step('errors', sqlOver('SELECT host, bytes FROM raw WHERE status >= 300', 'raw', raw));
  const plan = load(
    output('hosts', sqlOver('SELECT DISTINCT host FROM errors', 'errors', errors)),
    output('sum', sqlOver('SELECT sum(bytes) AS bytes FROM errors', 'errors', errors)),
    output('all', sqlOver('SELECT status FROM raw', 'raw', raw)),
  );
  const staged = planned(plan);
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  assert.equal(staged.stages.filter(({ inputs }) => inputs.some(({ kind }) => kind === 'extract')).length, 1);
  const [sum] = bench.connection.rows(`SELECT receipt FROM ${table} WHERE output = 'sum'`);
  assert.deepEqual(JSON.parse(String(sum?.receipt)).detail, [{ bytes: 127 }]);
});

test('a join of a step with itself reads it twice, and extracts once', () => {
  const raw = step('raw', requests);
  const staged = planned({
    kind: 'sql',
    text: 'SELECT count(*) AS n FROM raw AS a JOIN raw AS b ON a.host = b.host',
    relations: [{ name: 'raw', plan: raw }],
  });
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  assert.deepEqual(bench.connection.rows(`SELECT n::INTEGER AS n FROM ${table}`), [{ n: 20 }]);
  assert.equal(staged.stages.filter(({ inputs }) => inputs.some(({ kind }) => kind === 'extract')).length, 1);
});

test('what another reading may read otherwise is said of its stage', () => {
  const staged = planned(load(output('good', good), output('bad', bad)), false);
  const [first] = staged.stages;
  assert.equal(first?.deterministic, false);
  assert.equal(planned(load(output('good', good), output('bad', bad))).stages[0]?.deterministic, true);
});

test('a sink that wants one task gets all rows in one', () => {
  const staged = planned(load(output('good', good, true)));
  const loading = staged.stages.find(({ steps }) => steps.at(-1)?.kind === 'load');
  assert.equal(loading?.tasks, 1);
  assert.ok(
    loading?.inputs.every(
      (input) => input.kind === 'exchange' && staged.stages[input.from]?.output.kind === 'exchange',
    ),
    'also when stages get other numbers of tasks',
  );
  const last = loading?.steps.at(-1);
  assert.equal(last?.kind === 'load' && last.alone, true);
});

test('plans that mean nothing are refused', () => {
  const other: ExtractNode = { ...requests, options: { of: 'others' } };
  const two = load(output('a', good), output('b', step('raw', { kind: 'distinct', input: requests })));
  assert.throws(() => planned(two), { code: 'PLAN_INVALID', message: /Two different steps of the plan are named raw/ });
  assert.throws(() => planned(load(output('a', good), output('a', bad))), { code: 'PLAN_INVALID' });
  assert.throws(() => planned({ kind: 'distinct', input: load(output('a', good)) }), { code: 'PLAN_INVALID' });
  assert.throws(() => planned(other), { code: 'INTERNAL' });
});

test('the nodes travel as JSON, and nothing else does', () => {
  const plan = load(output('good', good));
  const request = (plan: Json) => JSON.stringify({ plan, name: 'n', priority: 0 });
  assert.deepEqual(parseJobRequest(request(plan as unknown as Json)).plan, plan);
  const { run: _, ...lacking } = plan;
  assert.throws(() => parseJobRequest(request(lacking as unknown as Json)), {
    code: 'PLAN_INVALID',
    message: /plan.run/,
  });
});

const unread = sqlOver(
  `SELECT _source AS source, coalesce(_position, 0) AS position, coalesce(_rejected, '') AS text FROM raw`,
  'raw',
  step('raw', requests),
);

test('what is read again goes through its connector where it is, only with the columns that are used', () => {
  const again: ExtractNode = { ...requests, reread: unread };
  const plan = load(output('good', sqlOver('SELECT status FROM a WHERE _rejected IS NULL', 'a', again)));
  const listing = { schema: columns, pieces: [], deterministic: true };
  const context = contextOf(plan);
  const staged = bench.plan(plan, { ...context, extracts: { ...context.extracts, [extractKey(again)]: listing } });
  const [stage] = staged.stages;
  assert.deepEqual(
    stage?.steps.map(({ kind }) => kind),
    ['sql', 'reread', 'sql', 'load'],
  );
  const reread = stage?.steps.find(({ kind }) => kind === 'reread');
  assert.ok(reread?.kind === 'reread');
  assert.deepEqual([reread.columns, reread.schema.map(({ name }) => name)], [columns, ['status', '_rejected']]);
  assert.equal(stage?.tasks, 4);
  const wrong: ExtractNode = { ...requests, reread: good };
  assert.throws(
    () => bench.plan(wrong, { ...context, extracts: { ...context.extracts, [extractKey(wrong)]: listing } }),
    { code: 'PLAN_INVALID', message: /host VARCHAR, status INTEGER.* not \(source VARCHAR/ },
  );
});

test('a union by name has the columns of all its inputs, null where an input has none', () => {
  const inputs = ['SELECT 1 AS a, 2 AS b', `SELECT 'x' AS c, 3 AS A`].map((text) => ({ kind: 'sql', text }) as const);
  const staged = bench.plan({ kind: 'union', inputs, byName: true });
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  assert.deepEqual(bench.connection.rows(`SELECT * FROM ${table} ORDER BY a`), [
    { a: 1, b: 2, c: null },
    { a: 3, b: null, c: 'x' },
  ]);
});
