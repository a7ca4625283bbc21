import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlanNode } from '../../../../../../shared/plan/node.ts';
import { runLocally } from '../../../../../support/planner/local-executor.ts';
import { PlannerBench, scan } from '../../../../../support/planner/planner.ts';

test('a filtered aggregation in two phases with top rows answers as DuckDB does', () => {
  using bench = new PlannerBench();
  const path = bench.file(
    'a.parquet',
    'SELECT i, i % 7 AS k, i % 5 AS s, (i % 13)::DECIMAL(18, 3) AS d FROM range(10000) t(i)',
  );
  const plan: PlanNode = {
    kind: 'limit',
    limit: 3,
    offset: 1,
    input: {
      kind: 'sort',
      keys: ['n desc', 'k'],
      input: {
        kind: 'aggregate',
        keys: [{ name: 'k', sql: 'K' }],
        aggregates: [
          { name: 'n', sql: 'sum(i) / count(*)' },
          { name: 'a', sql: 'avg(d) FILTER (i > 100)' },
        ],
        input: { kind: 'filter', predicate: 'i > 10 and s <> 3', input: scan(path) },
      },
    },
  };
  const staged = bench.plan(plan);
  assert.equal(staged.stages.length, 3);
  assert.ok((staged.stages[0]?.tasks ?? 0) > 1);
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  assert.deepEqual(
    bench.connection.rows(`FROM ${table}`),
    bench.connection.rows(`SELECT k, sum(i) / count(*) AS n, avg(d) FILTER (i > 100) AS a FROM '${path}'
      WHERE i > 10 AND s <> 3 GROUP BY k ORDER BY n DESC, k LIMIT 3 OFFSET 1`),
  );
});
