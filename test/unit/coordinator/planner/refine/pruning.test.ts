import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { explainPlan } from '../../../../../coordinator/planner/explain/staged.ts';
import { runLocally } from '../../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';
import { assertSameRows } from '../../../../support/same-rows.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

/** Ten row groups of 2,048 rows; all columns but `word` grow. The last two groups hold nulls alone, one holds some. */
const file = bench.file(
  'rows.parquet',
  `SELECT i, CASE WHEN i < 16384 THEN i END AS n, CASE WHEN i <> 5 THEN 1 END AS one, (i / 100)::DECIMAL(9, 2) AS price,
    DATE '2024-01-01' + (i // 100)::INTEGER AS day, TIMESTAMP '2024-01-01' + INTERVAL (i) MINUTE AS moment,
    TIMESTAMPTZ '2024-01-01 00:00:00+02' + INTERVAL (i) HOUR AS zoned, printf('%06d', i) AS name, hash(i)::VARCHAR AS word,
    i >= 10240 AS late, CASE WHEN i = 3 THEN 'NaN'::DOUBLE ELSE i END AS real, 'ÿ' || repeat('é', 40) || i AS long,
    [i] AS list, {'i': i} AS nested FROM range(20480) t(i)`,
);

/** How many row groups are read for a condition. The answer is DuckDB's whatever is read. */
function groupsRead(condition: string): number {
  const text = `SELECT count(*) AS rows, sum(i) AS total FROM '${file}' WHERE ${condition}`;
  const staged = bench.plan({ kind: 'sql', text });
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(text), true, condition);
  const found = /(\d+) of 10 row groups/.exec(explainPlan(staged).text)?.[1];
  if (staged.notes.some(({ text }) => text === 'no row can match here')) return 0;
  return found === undefined ? 10 : Number(found);
}

const cases: Readonly<Record<string, number>> = {
  'i < 2048': 1,
  'i <= 2048': 2,
  '18432 <= i': 1,
  'i > 18431': 1,
  'i = 5000': 1,
  'i = 5000 + 1000 * 2': 1,
  'i BETWEEN 4000 AND 4100': 2,
  'i IN (1, 5000, 20000)': 3,
  'i IN (1, 5000, 20000.5, 7e3, 9000 + 1)': 5,
  'i IN (300.5, 5e3, 5001.0, 1e300)': 2,
  "day IN ('2024-01-02', '2024-01-03', '2024-07-20')": 2,
  "name IN ('000001', '020000')": 2,
  "name IN ('000001', '020000', word)": 10,
  'i = 1 OR i = 20000': 2,
  "i < 3000 AND name > '002500'": 1,
  'i < 100.5': 1,
  'i < -1': 0,
  "i < '2048'": 1,
  'n IS NULL': 2,
  'n IS NOT NULL': 8,
  'n > 0': 8,
  'one IS NULL': 1,
  'one IS NOT NULL': 10,
  'price >= 199.99': 1,
  'price < 1e1': 1,
  "day > DATE '2024-01-01' + INTERVAL 200 DAY": 1,
  "day >= TIMESTAMP '2024-07-19 12:00:00'": 1,
  "day < '2024-01-03'": 1,
  "moment < TIMESTAMP '2024-01-01 01:00:00'": 1,
  "zoned < TIMESTAMPTZ '2024-01-01 01:00:00+02'": 1,
  "name >= '020000'": 1,
  "name = '000000'": 1,
  late: 10,
  'late = false': 5,
  'real < 2': 1,
  // NaN is greater than all and counts in no statistics.
  'real > 20400': 10,
  "real = 'NaN'::DOUBLE": 10,
  "long < 'a'": 0,
  // Nothing is known, or it may not be used.
  'i % 2 = 0': 10,
  'i < 100 OR i % 2 = 0': 10,
  "word < '2'": 10,
  'name = 5': 10,
  'NOT (i IN (1, 2))': 10,
  'i <> 7': 10,
  'list[1] = 7': 10,
  'nested.i = 7': 10,
  'i < random() * 0 + 100': 10,
  'i < (SELECT 100)': 10,
};

for (const [condition, groups] of Object.entries(cases)) {
  test(`${condition}: ${groups} of 10 row groups`, () => assert.equal(groupsRead(condition), groups));
}

/** How many row groups are read for the end of a question. */
const ends: Readonly<Record<string, number>> = {
  'LIMIT 5': 1,
  'LIMIT 2048': 1,
  'LIMIT 2049': 2,
  'LIMIT 5 OFFSET 2046': 2,
  'LIMIT 5 OFFSET 2048': 1,
  'LIMIT 4096 OFFSET 3000': 3,
  'LIMIT 1 OFFSET 20479': 1,
  'OFFSET 18431': 2,
  'LIMIT 5 OFFSET 90000': 1,
  'LIMIT 0 OFFSET 3': 10,
  'WHERE i % 2 = 0 LIMIT 5 OFFSET 3000': 10,
  'WHERE i >= 10240 LIMIT 5 OFFSET 3000': 5,
  'ORDER BY i DESC LIMIT 5': 10,
};

for (const [end, groups] of Object.entries(ends)) {
  test(`${end}: ${groups} of 10 row groups`, () => {
    for (const text of [
      `SELECT i + 1 AS j, name FROM '${file}' ${end}`,
      `SELECT sum(i) AS s FROM (FROM '${file}' ${end})`,
    ]) {
      const staged = bench.plan({ kind: 'sql', text });
      const table = runLocally(staged, bench.connection, { directory: bench.directory });
      assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(text), true, text);
      assert.equal(Number(/(\d+) of 10 row groups/.exec(explainPlan(staged).text)?.[1] ?? 10), groups, text);
    }
  });
}

test('DuckDB is not asked about each of thousands of values, nor is there an operator for each of thousands of conditions', () => {
  const numbers = Array.from({ length: 3000 }, (_, i) => i);
  const texts = {
    'one list': `i IN (${numbers.join(', ')})`,
    'one by one': numbers.map((i) => `i <> ${i + 2048}`).join(' AND '),
  };
  for (const [what, condition] of Object.entries(texts)) {
    const plan = { kind: 'sql' as const, text: `SELECT count(*) AS n FROM '${file}' WHERE ${condition}` };
    const context = bench.context(plan);
    let asked = 0;
    const describe = (sql: string) => {
      asked++;
      return context.dialect.describe(sql);
    };
    const staged = bench.plan(plan, { dialect: { ...context.dialect, describe } });
    assert.ok(asked < 100, `${what}: asked ${asked} times`);
    const table = runLocally(staged, bench.connection, { directory: bench.directory });
    assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(plan.text), true, what);
  }
});

test('whole files go by their statistics, and by what their directories are called', () => {
  for (const year of [2022, 2023, 2024]) {
    mkdirSync(bench.path(`years/year=${year}`), { recursive: true });
    bench.file(`years/year=${year}/a.parquet`, `SELECT i + ${year} * 1000 AS i FROM range(1000) t(i)`);
  }
  const ask = (condition: string): string => {
    const text = `SELECT count(*) AS n FROM '${bench.path('years')}/*/*.parquet' WHERE ${condition}`;
    const staged = bench.plan({ kind: 'sql', text });
    const table = runLocally(staged, bench.connection, { directory: bench.directory });
    assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(text), true, condition);
    return explainPlan(staged).text;
  };
  assert.match(ask('i >= 2024000'), /1 of 3 row groups/);
  assert.match(ask('year = 2023'), /1 of 3 row groups/);
  assert.match(ask('year > 2022 AND i < 2024000'), /1 of 3 row groups/);
});

test('a filter over renamed columns rules out as one over the file', () => {
  const text = `SELECT count(*) AS n FROM '${file}' a JOIN '${file}' b ON a.i = b.i WHERE b.i < 2048 AND a.day < DATE '2024-01-03'`;
  const staged = bench.plan({ kind: 'sql', text });
  assert.equal(explainPlan(staged).text.match(/1 of 10 row groups/g)?.length, 2);
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(text), true, text);
});

test('a task is planned for nothing that is ruled out', () => {
  const staged = bench.plan({ kind: 'sql', text: `SELECT i FROM '${file}' WHERE i < 2048` }, { slots: 8 });
  const [input] = staged.stages[0]?.inputs ?? [];
  assert.deepEqual(
    input?.kind === 'splits' ? input.perTask.flat().map((split) => split.kind === 'parquet' && split.rows) : [],
    [2048],
  );
});

const constants: Readonly<Record<string, RegExp>> = {
  [`SELECT count(*) AS n FROM '${file}' WHERE false`]: /no row can match/,
  [`SELECT i FROM '${file}' WHERE 1 + 1 = 3 ORDER BY i`]: /no row can match/,
  [`SELECT i FROM '${file}' WHERE NULL LIMIT 3`]: /no row can match/,
  [`SELECT i, count(*) AS n FROM '${file}' WHERE i < 0 GROUP BY i`]: /no row can match/,
  [`SELECT a.i FROM '${file}' a JOIN (SELECT i FROM '${file}' WHERE 2 < 1) b USING (i)`]: /no row can match/,
  [`SELECT a.i, b.n FROM '${file}' a LEFT JOIN (SELECT * FROM '${file}' WHERE 2 < 1) b USING (i) WHERE a.i < 9`]:
    /no row can/,
  [`SELECT i::HUGEINT AS i FROM '${file}' WHERE i > 20470 UNION ALL SELECT i FROM '${file}' WHERE false`]: /scan/,
  [`SELECT count(*) AS n FROM '${file}' LIMIT 0`]: /no row can match/,
};

for (const [text, expected] of Object.entries(constants)) {
  test(`constants are folded: ${text.replaceAll(file, 'rows')}`, () => {
    const staged = bench.plan({ kind: 'sql', text });
    assert.match(explainPlan(staged).text, expected);
    const table = runLocally(staged, bench.connection, { directory: bench.directory });
    assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(text), false, text);
  });
}

test('a condition that is always met is not asked', () => {
  const staged = bench.plan({ kind: 'sql', text: `SELECT i FROM '${file}' WHERE 1 < 2 AND i < 100` });
  assert.doesNotMatch(explainPlan(staged).text, /1 < 2/);
});

test('a constant that cannot be computed fails as DuckDB fails, where there are rows', () => {
  const text = `SELECT i FROM '${file}' WHERE CAST('x' AS INTEGER) = 1`;
  const staged = bench.plan({ kind: 'sql', text });
  assert.throws(() => runLocally(staged, bench.connection, { directory: bench.directory }), /Could not convert/);
});
