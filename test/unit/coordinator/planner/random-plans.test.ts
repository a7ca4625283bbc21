import { after, test } from 'node:test';
import fc from 'fast-check';
import type { PartitionSize } from '../../../../shared/stage/task.ts';
import { runLocally } from '../../../support/planner/local-executor.ts';
import { PlannerBench, scan } from '../../../support/planner/planner.ts';
import { type Base, Choices, randomPlan } from '../../../support/planner/random-plans.ts';
import { assertSameRows } from '../../../support/same-rows.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());
const describe = (sql: string) => bench.connection.describe(sql);

const wide = (rows: number, from: number): string => `
  SELECT (i * 7919) % 101 AS a, CASE WHEN i % 13 = 0 THEN NULL ELSE i % 17 END AS b, 'v' || (i % 7) AS s,
    CASE WHEN i % 97 = 0 THEN 'NaN'::DOUBLE WHEN i % 89 = 0 THEN NULL ELSE i / 7.0 END AS x,
    ((i % 23) * 1.25)::DECIMAL(12, 2) AS d, DATE '2024-02-27' + (i % 5)::INTEGER AS day,
    ((i % 29)::HUGEINT * 1000000000000000000000) AS h, i % 3 = 0 AS f
  FROM range(${from}, ${from + rows}) t(i)`;

function bases(): Base[] {
  const [one, two] = [bench.file('one.parquet', wide(5000, 0)), bench.file('two.parquet', wide(2500, 5000))];
  const small = bench.file('small.csv', "SELECT i % 40 AS b, 'v' || (i % 9) AS s, i AS z FROM range(300) t(i)");
  const lines = bench.file('lines.ndjson', "SELECT i % 50 AS a, 'v' || (i % 5) AS s FROM range(400) t(i)");
  bench.connection.execute(
    `CREATE TABLE held AS SELECT i // 100 AS segment, i % 31 AS b, i * 0.5 AS x FROM range(900) t(i)`,
  );
  const held = describe('SELECT * EXCLUDE (segment) FROM held');
  return [
    { plan: scan([one, two]), sql: `SELECT * FROM read_parquet(['${one}', '${two}'])`, schema: [] },
    { plan: scan(two), sql: `SELECT * FROM '${two}'`, schema: [] },
    { plan: scan(small), sql: `SELECT * FROM '${small}'`, schema: [] },
    { plan: scan(lines), sql: `SELECT * FROM read_ndjson('${lines}')`, schema: [] },
    {
      plan: { kind: 'dataset' as const, id: 'held', schema: held },
      sql: 'SELECT * EXCLUDE (segment) FROM held',
      schema: [],
    },
  ].map((base) => ({ ...base, schema: describe(base.sql) }));
}

const segments: PartitionSize[] = Array.from({ length: 9 }, () => ({ rows: 100, bytes: 1600 }));
const settings = fc.record({
  slots: fc.integer({ min: 1, max: 4 }),
  broadcastBytesMax: fc.constantFrom(0, 64 * 1024 * 1024),
  rereadBytesMax: fc.constantFrom(0, 1024 * 1024),
  taskBytesMin: fc.constantFrom(1, 20_000),
});
/** What of it is decided while it runs, or nothing: by limits of its own, so that each decision is taken. */
const adapting = fc.option(
  fc.record({
    taskBytesMin: fc.constantFrom(1, 500, 20_000),
    broadcastBytesMax: fc.constantFrom(0, 5000, 64 * 1024 * 1024),
    filterBytesMax: fc.constantFrom(0, 5000, 64 * 1024 * 1024),
    filterGainPercent: fc.constantFrom(0, 100),
    skewPercent: fc.constantFrom(101, 500),
    skewBytesMin: fc.constantFrom(1, 1000),
    awaitOtherSidePercent: fc.constantFrom(100, 200),
  }),
  { nil: undefined },
);

test('staged plans answer as the same question asked of DuckDB in one go', () => {
  const sources = bases();
  const numbers = fc.array(fc.nat(10_000), { minLength: 30, maxLength: 60 });
  const question = fc.record({ numbers, operations: fc.integer({ min: 0, max: 6 }), settings, adapting });
  const property = fc.property(question, ({ numbers, operations, adapting, settings: { slots, ...limits } }) => {
    const { plan, sql, schema } = randomPlan(new Choices(numbers), sources, operations, describe);
    const context = { ...bench.context(plan, { held: segments }), slots, config: { ...bench.config, ...limits } };
    const staged = bench.plan(plan, context);
    const stand = {
      directory: bench.directory,
      datasets: { held: 'held' },
      ...(adapting === undefined ? {} : { adapt: { slots, limits: { ...context.config, ...adapting } } }),
    };
    const table = runLocally(staged, bench.connection, stand);
    const what = `${sql}\n${staged.stages.map(({ name, tasks }) => `${tasks} × ${name}`).join('\n')}\n`;
    const ordered = plan.kind === 'sort' || (plan.kind === 'limit' && plan.input.kind === 'sort');
    const [actual, expected] = [bench.connection.rows(`FROM ${table}`), bench.connection.rows(sql)];
    assertSameRows(actual, expected, ordered, what);
    if (JSON.stringify(staged.schema) !== JSON.stringify(schema))
      throw new Error(`${what}${JSON.stringify(staged.schema)}`);
  });
  fc.assert(property, { numRuns: runs });
});

/** Thousands were run while this was written; each change gets some. */
const runs = Number(process.env.RUNS ?? 150);
