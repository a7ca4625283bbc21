import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { PlanNode } from '../../../../../../shared/plan/node.ts';
import { runLocally } from '../../../../../support/planner/local-executor.ts';
import { knownPivots } from '../../../../../support/planner/pivot-values.ts';
import { PlannerBench } from '../../../../../support/planner/planner.ts';
import { assertSameRows, isOrdered } from '../../../../../support/same-rows.ts';
import { corpus } from './cases.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const forms = corpus({
  trades: bench.file(
    'trades.parquet',
    `SELECT i AS id, ['A', 'B', 'C'][1 + i % 3] AS sym, TIMESTAMP '2024-01-01' + INTERVAL (i * 7) MINUTE AS ts,
       (i * 31) % 17 AS qty FROM range(10000) t(i)`,
  ),
  quotes: bench.file(
    'quotes.parquet',
    `SELECT ['A', 'B', 'C'][1 + i % 3] AS sym, TIMESTAMP '2024-01-01' + INTERVAL (i * 11 + 3) MINUTE AS ts,
       i / 2.0::DOUBLE AS price FROM range(5000) t(i)`,
  ),
  days: bench.file(
    'days.csv',
    `SELECT 'd' || i AS name, TIMESTAMP '2024-01-01' + INTERVAL (i * 2) DAY AS since,
       TIMESTAMP '2024-01-01' + INTERVAL (i * 2 + 1) DAY AS until FROM range(20) t(i)`,
  ),
  items: bench.file(
    'items.parquet',
    `SELECT i AS id, CASE WHEN i % 5 = 0 THEN NULL ELSE ['t' || i % 3, 't1', 't' || i] END AS tags,
       CASE WHEN i % 4 = 0 THEN [] ELSE range(i % 4) END AS nums, {'a': i % 3, 'b': 'x' || i} AS s,
       map {'k': i, 'l': i + 1} AS m FROM range(5000) t(i) WHERE i % 50 = 3 OR i % 50 = 25`,
  ),
  wide: bench.file(
    'wide.parquet',
    `SELECT i AS id, CASE WHEN i % 3 = 0 THEN NULL ELSE i END AS jan, i * 2 AS feb, i * 3 AS mar, i * 4 AS apr
       FROM range(5000) t(i)`,
  ),
  one: bench.file('one.parquet', `SELECT 1 AS a, 'x' AS b`),
  two: bench.file('two.parquet', `SELECT 'y' AS b, 2.5 AS c`),
});

/** DuckDB makes two statements of a PIVOT without values: they cannot stand in a subquery. */
function answer(text: string): Record<string, unknown>[] {
  const { connection } = bench;
  if (!/pivot/.test(text)) return connection.rows(text);
  connection.execute(`CREATE OR REPLACE TEMP TABLE expected AS ${text}`);
  return connection.rows('FROM expected');
}

/** @returns why it runs in one task; nothing where it is distributed */
function check(text: string): string | undefined {
  const { connection, directory } = bench;
  const run = (plan: PlanNode) => connection.rows(`FROM ${runLocally(bench.plan(plan), connection, { directory })}`);
  const plan = knownPivots({ kind: 'sql', text }, bench.tools, (lookup) =>
    run(lookup).map((row) => String(Object.values(row)[0])),
  );
  const staged = bench.plan(plan);
  const [actual, expected] = [run(plan), answer(text)];
  assertSameRows(actual, expected, isOrdered(text), text);
  return staged.notes.map((note) => note.text).find((note) => note.startsWith('the query runs in one task: '));
}

for (const [name, { distributed, gathered }] of Object.entries(forms)) {
  test(`${name}: answered as DuckDB answers them`, () => {
    for (const text of distributed) assert.equal(check(text), undefined, text);
    for (const text of gathered) assert.ok(check(text), `${text} is distributed by now: move it`);
  });
}
