import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { SqlFunction, SqlNode } from '../../../../../shared/plan/nodes/sql.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());
const p = bench.file('t.parquet', 'SELECT i AS id, i % 3 AS g FROM range(30) t(i)');

const functions: readonly SqlFunction[] = [
  {
    name: 'any_of',
    kind: 'aggregate',
    args: [{ name: 'a', type: 'BOOLEAN' }],
    returns: 'BOOLEAN',
    function: { sha256: '0'.repeat(64), name: 'any_of', async: false },
    deterministic: true,
  },
];

/**
 * Columns that are chosen and called by a pattern are known to DuckDB alone: they are made in one task, and what stands
 * beside them, too.
 */
const level = (from: string, alias: string): string =>
  `SELECT ${alias}.g, any_of(${alias}.id > 1) AS b, max(COLUMNS('^(id)$')) AS "\\1" FROM ${from} GROUP BY ${alias}.g`;

/** How often DuckDB is asked for names and types until a question of so many levels is refused. */
function asks(levels: number): number {
  const rows = `'${p}' AS r CROSS JOIN (SELECT DISTINCT id AS v FROM '${p}' ORDER BY v LIMIT 2) AS two`;
  let text = level(rows, 'r');
  for (let i = 1; i < levels; i++) text = level(`(${text}) AS r${i}`, `r${i}`);
  let count = 0;
  const { dialect } = bench.tools;
  const counted = {
    ...dialect,
    describe: (sql: string) => {
      count += 1;
      return dialect.describe(sql);
    },
  };
  const plan: SqlNode = { kind: 'sql', text, functions };
  assert.throws(() => bench.plan(plan, { dialect: counted }), {
    code: 'NOT_SUPPORTED',
    message: /any_of cannot be called/,
  });
  return count;
}

test('a call without a place is refused soon, however deep: what failed once is not tried again', () => {
  const [one, two, three] = [asks(1), asks(2), asks(3)];
  assert.ok(two <= 2 * one && three <= 2 * two, `${one}, ${two} and ${three} questions`);
});
