import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { difference } from '../../../../../fuzz/compare.ts';
import { runLocally } from '../../../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../../../support/planner/planner.ts';
import { aggregateCases, notAsked } from './aggregate-cases.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

/** Every type that aggregates take; nulls everywhere, NaN, both zeros, large values with small differences. */
const columns = `i, i % 7 AS k, CASE WHEN i % 10 = 0 THEN NULL ELSE 'g' || (i % 3) END AS g,
  CASE WHEN i % 11 = 0 THEN NULL ELSE (i * 37) % 101 - 20 END::INTEGER AS n,
  CASE WHEN i % 13 = 0 THEN NULL ELSE ((i * 53) % 97) / 8.0 END::DOUBLE AS x,
  CASE WHEN i % 5 = 0 THEN NULL ELSE ((i * 29) % 89) / 4.0 - 3 END::DOUBLE AS y,
  1e6 + ((i * 31) % 17) / 16.0 AS far, 0.1::DOUBLE AS same,
  CASE WHEN i % 6 = 0 THEN NULL WHEN i % 9 = 0 THEN 'nan'::DOUBLE WHEN i % 4 = 0 THEN -0.0::DOUBLE ELSE 0.0 END AS odd,
  ((i * 7) % 1000 / 100)::DECIMAL(9, 2) AS d, (i * 3 % 50) AS h, (i % 200)::UTINYINT AS u, (i % 9 / 4)::FLOAT AS f,
  CASE WHEN i % 8 = 0 THEN NULL ELSE 's' || (i * 17 % 23) END AS s, (i % 3 = 0 AND i % 2 <> 0) AS b,
  DATE '2020-01-01' + (i * 5 % 300)::INTEGER AS day, TIMESTAMP '2020-01-01' + to_seconds(i * 77 % 5000) AS t,
  to_days((i % 5)::INTEGER) AS v, [i % 3, NULL] AS l, {'a': i % 4, 'b': 'q'} AS r`;
const path = bench.file('many.parquet', `SELECT ${columns} FROM range(9000) t(i)`);
/** Row groups of few rows: each task has a handful, or nothing after the filter. */
const sources: Readonly<Record<string, string>> = {
  many: `'${path}'`,
  'a task with rows, others without': `(FROM '${path}' WHERE i < 3 OR i = 8000)`,
  'no rows': `(FROM '${path}' WHERE i < 0)`,
};

test('every aggregate function of DuckDB is in the table', () => {
  const known = new Set([...Object.keys(aggregateCases), ...Object.keys(notAsked)]);
  const names = bench.connection.rows(
    "SELECT DISTINCT function_name AS name FROM duckdb_functions() WHERE function_type = 'aggregate'",
  );
  assert.deepEqual(
    names
      .map(({ name }) => String(name))
      .filter((name) => !known.has(name))
      .sort(),
    [],
  );
});

interface Outcome {
  readonly stages: number;
  readonly failed: boolean;
}

function check(sql: string, context: string): Outcome {
  const { connection, directory } = bench;
  const expected = messageOf(() => connection.execute(`CREATE OR REPLACE TEMP TABLE expected AS ${sql}`));
  let stages = 0;
  const actual = messageOf(() => {
    const staged = bench.plan({ kind: 'sql', text: sql });
    stages = staged.stages.length;
    const whole = staged.notes.find(({ text }) => text.startsWith('the query runs in one task'));
    assert.equal(whole?.text, undefined);
    runLocally(staged, connection, { directory });
  });
  if (expected !== undefined) {
    assert.ok(actual !== undefined, `${context}: no error, but DuckDB says ${expected}`);
    return { stages, failed: true };
  }
  assert.equal(actual, undefined, `${context}: ${sql}`);
  assert.equal(difference(connection, 'result', 'expected', { orderedBy: [] }), undefined, `${context}: ${sql}`);
  return { stages, failed: false };
}

function messageOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

for (const [name, calls] of Object.entries(aggregateCases)) {
  test(`the aggregate ${name} answers as DuckDB's`, () => {
    const { many, ...others } = sources;
    const outcomes = calls.map((call) => check(`SELECT k, ${call} AS a FROM ${many} GROUP BY k`, 'a key'));
    assert.ok(
      outcomes.some(({ stages }) => stages > 1),
      'each ran in one stage',
    );
    for (const call of calls) check(`SELECT ${call} AS a FROM ${many}`, 'no keys');
    // Calls that DuckDB refuses for some values would hide the others.
    const sound = calls.filter((_, i) => outcomes[i]?.failed === false);
    const all = sound.map((call, i) => `${call} AS a${i}`).join(', ');
    for (const from of Object.values(sources))
      check(`SELECT g, k, ${all} FROM ${from} GROUP BY ROLLUP (g, k)`, 'rollup');
    for (const from of Object.values(others)) check(`SELECT ${all} FROM ${from}`, 'all of them');
    check(`SELECT ${all} FROM ${many} GROUP BY g, i % 2`, 'all of them by two keys');
  });
}
