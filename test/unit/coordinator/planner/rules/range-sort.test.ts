import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { StagedPlan } from '../../../../../coordinator/planner/stages/staged-plan.ts';
import type { PlanNode } from '../../../../../shared/plan/node.ts';
import { runLocally } from '../../../../support/planner/local-executor.ts';
import { PlannerBench, scan } from '../../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const rows = 20_000;
const values = `SELECT i AS id, i % 97 AS few, (i * 7919) % ${rows} AS many,
  CASE i % 9 WHEN 0 THEN NULL WHEN 1 THEN 'nan'::DOUBLE WHEN 2 THEN 'inf'::DOUBLE WHEN 3 THEN -0.0 WHEN 4 THEN 0.0
    ELSE sin(i) * i END AS real,
  CASE WHEN i % 11 = 0 THEN NULL ELSE ['ä', 'Z', 'b', 'B', 'z', '', 'Ä'][1 + i % 7] || (i % 1000) END AS word,
  DATE '2020-01-01' + (i % 3000)::INTEGER AS day, (i::DECIMAL(18, 2) / 7)::DECIMAL(18, 2) AS money,
  {'a': i % 5, 'b': 'x' || i % 50} AS pair, [i % 3, NULL, i] AS list, to_days((i % 40)::INTEGER) AS span,
  (i % 2 = 0) AS even, uuid_of AS id128
  FROM (SELECT i, md5(i::VARCHAR)::UUID AS uuid_of FROM range(${rows}) t(i))`;
const file = bench.file('rows.parquet', values);

const sorted = (...keys: readonly string[]): PlanNode => ({ kind: 'sort', keys, input: scan(file) });
const sortTasks = ({ stages, finalStage }: StagedPlan): number => stages[finalStage]?.tasks ?? 0;

/** The values of the keys, row by row: rows with equal keys may stand in any order. */
const keysInOrder = (table: string, keys: readonly string[], order = ''): unknown[] =>
  bench.connection.rows(`SELECT ${keys.map((key, i) => `${key} AS k${i}`).join(', ')} FROM ${table} ${order}`);

const distributed: readonly (readonly [columns: readonly string[], keys: readonly string[]])[] = [
  [['id'], ['id']],
  [['many'], ['many desc']],
  [
    ['few', 'many'],
    ['few', 'many desc'],
  ],
  [
    ['few', 'word'],
    ['few DESC NULLS FIRST', 'word'],
  ],
  [['real'], ['real']],
  [['real'], ['real DESC NULLS FIRST']],
  [['real'], ['real ASC NULLS FIRST']],
  [['word'], ['word']],
  [['word'], ['word DESC']],
  [['lower(word)'], ['word COLLATE NOCASE']],
  [['strip_accents(lower(word))'], ['word COLLATE NOCASE.NOACCENT DESC NULLS FIRST']],
  [['icu_collate_de(word)'], ['word COLLATE de', 'id']],
  [
    ['day', 'money'],
    ['day desc', 'money'],
  ],
  [['pair'], ['pair']],
  [['list'], ['list desc']],
  [['id128'], ['id128']],
  [['day'], ['day DESC NULLS FIRST']],
  [['even'], ['even desc']],
  [['many::INTEGER'], ['many::INTEGER desc']],
  [['(many % 200)::UTINYINT'], ['(many % 200)::UTINYINT']],
  [['real::FLOAT'], ['real::FLOAT DESC']],
  [
    ['even', 'id'],
    ['even', 'id'],
  ],
  [['many % 10', 'id'], ['many % 10, id desc']],
];

for (const [columns, keys] of distributed) {
  test(`sorted in ranges as DuckDB sorts: ${keys.join(', ')}`, () => {
    const plan = bench.plan(sorted(...keys));
    assert.ok(sortTasks(plan) > 1, 'several tasks sort');
    const table = runLocally(plan, bench.connection, { directory: bench.directory });
    const expected = keysInOrder(`'${file}'`, columns, `ORDER BY ${keys.join(', ')}`);
    assert.deepEqual(keysInOrder(table, columns), expected);
    const [ids] = bench.connection.rows(`SELECT count(DISTINCT id) AS n, count(*) AS m FROM ${table}`);
    assert.deepEqual(ids, { n: rows, m: rows }, 'every row once');
  });
}

const gathered: Readonly<Record<string, string>> = {
  'a key whose sort key may stand otherwise': 'span',
  'a key that differs from call to call': 'random()',
  'a collation inside a key': "concat(word COLLATE NOCASE, 'x') desc",
  'a column by its place': '1',
};

for (const [what, key] of Object.entries(gathered)) {
  test(`sorted in one task: ${what}`, () => assert.equal(sortTasks(bench.plan(sorted(key))), 1));
}

test('little data is sorted in one task', () => {
  using small = new PlannerBench({ sortBytesMin: 2 ** 30 });
  assert.equal(sortTasks(small.plan(sorted('id'))), 1);
  assert.match(
    small
      .plan(sorted('id'))
      .notes.map(({ text }) => text)
      .join(),
    /one task: it is little data/,
  );
});

test('top-N stays a choice in each task and one among those', () => {
  const plan = bench.plan({ kind: 'limit', limit: 5, offset: 2, input: sorted('many') });
  assert.equal(plan.stages.length, 2);
  const table = runLocally(plan, bench.connection, { directory: bench.directory });
  assert.deepEqual(
    keysInOrder(table, ['many']),
    [2, 3, 4, 5, 6].map((k0) => ({ k0 })),
  );
});

test('the ranges are of about equal size', () => {
  const plan = bench.plan(sorted('word', 'id'));
  runLocally(plan, bench.connection, { directory: bench.directory });
  const counts = Array.from({ length: sortTasks(plan) }, (_, task) =>
    Number(bench.connection.rows(`SELECT count(*) AS n FROM s${plan.finalStage}_t${task}_p0`)[0]?.n),
  );
  const fair = rows / counts.length;
  assert.ok(
    counts.every((count) => count > fair / 2 && count < fair * 2),
    counts.join(),
  );
});

test('bounds from a sample by places are not deterministic where the order is not', () => {
  const grouped: PlanNode = {
    kind: 'aggregate',
    keys: [{ name: 'many', sql: 'many' }],
    aggregates: [{ name: 'n', sql: 'count(*)' }],
    input: scan(file),
  };
  const bounds = (plan: PlanNode) => bench.plan(plan).stages.find(({ name }) => name === 'bounds')?.deterministic;
  assert.equal(bounds(sorted('many')), true);
  assert.equal(bounds({ kind: 'sort', keys: ['n'], input: grouped }), false);
});

test('rows after the sort stay in order across tasks', () => {
  const input: PlanNode = { kind: 'filter', predicate: 'few < 50', input: sorted('many') };
  const plan = bench.plan({ kind: 'limit', limit: 3000, offset: 0, input });
  const table = runLocally(plan, bench.connection, { directory: bench.directory });
  const expected = keysInOrder(`'${file}'`, ['many'], 'WHERE few < 50 ORDER BY many LIMIT 3000');
  assert.deepEqual(keysInOrder(table, ['many']), expected);
});
