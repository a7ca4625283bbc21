import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { explainPlan } from '../../../../../coordinator/planner/explain/staged.ts';
import { runLocally } from '../../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';
import { assertSameRows } from '../../../../support/same-rows.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

/** Five row groups of 2,048 rows; the last one of `n` holds nulls alone. */
const file = bench.file(
  'rows.parquet',
  `SELECT i, CASE WHEN i < 8192 THEN i - 5000 END AS n, CASE WHEN i <> 5 THEN i END AS holes, NULL::INTEGER AS nothing,
    (i / 100)::DECIMAL(9, 2) AS price, DATE '2024-01-01' - (i * 100)::INTEGER AS day,
    TIMESTAMP '2024-01-01' + INTERVAL (i) SECOND AS moment, TIMESTAMPTZ '2024-01-01 00:00:00+02' AS zoned,
    CASE WHEN i = 3 THEN 'NaN'::DOUBLE ELSE i END AS real, repeat('é', 40) || i AS long, (i % 200)::UTINYINT AS small, i AS year
  FROM range(10240) t(i)`,
);

/** How often rows are read for a question. The answer is DuckDB's in either case. */
function scansFor(text: string): number {
  const staged = bench.plan({ kind: 'sql', text });
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(text), true, text);
  const described = (sql: string) => bench.connection.describe(sql).map(({ name, type }) => `${name} ${type}`);
  assert.deepEqual(described(`FROM ${table}`), described(text), text);
  return explainPlan(staged).text.match(/scan \w+\.parquet/g)?.length ?? 0;
}

const items: Readonly<Record<string, 'footers' | 'rows'>> = {
  'count(*)': 'footers',
  'count()': 'footers',
  'count(i)': 'footers',
  'count(*) AS n, min(i) AS least, max(i) AS most': 'footers',
  'count(*) * 2 + 1 AS n, max(i) - min(i) AS span': 'footers',
  "{'a': max(i), 'b': count(*)} AS s": 'footers',
  'min(n) AS a, max(n) AS b': 'footers',
  'min(nothing) AS a, max(nothing) AS b': 'footers',
  'min(price) AS a, max(price) AS b': 'footers',
  'min(day) AS a, max(day) AS b': 'footers',
  'min(moment) AS a, max(moment) AS b': 'footers',
  'min(small) AS a, max("SMALL") AS b': 'footers',
  // The footers do not know, or may not be asked.
  'count(holes)': 'rows',
  'count(DISTINCT i)': 'rows',
  'count(*) FILTER (i > 5)': 'rows',
  'count(*) AS n, sum(i) AS s': 'rows',
  'min(i + 1)': 'rows',
  'min(i, 2)': 'rows',
  'min(long)': 'rows',
  'max(real)': 'rows',
  'min(zoned)': 'rows',
  'count(*) + random() * 0': 'rows',
};

for (const [list, from] of Object.entries(items)) {
  test(`${list}: from ${from}`, () => {
    assert.equal(scansFor(`SELECT ${list} FROM '${file}'`) > 0, from === 'rows');
  });
}

const questions: Readonly<Record<string, number>> = {
  'SELECT count(*) AS n FROM FILE WHERE i > 100': 1,
  'SELECT count(*) AS n FROM FILE GROUP BY i % 2 ORDER BY n': 1,
  'SELECT count(*) AS n FROM FILE TABLESAMPLE 100%': 1,
  'SELECT count(*) AS n FROM (FROM FILE LIMIT 3000)': 1,
  'SELECT count(*) AS n FROM FILE HAVING count(*) > 5': 0,
  'SELECT count(*) AS n FROM FILE HAVING count(*) < 5': 0,
  'SELECT (SELECT max(i) FROM FILE) - i AS d FROM FILE WHERE i > 10230 ORDER BY d': 1,
  'WITH c AS (FROM FILE) SELECT count(*) AS n, max(i) AS m FROM c': 0,
  'SELECT max(j) AS m, max(k) AS k FROM (SELECT n AS j, i AS k FROM FILE)': 0,
  'SELECT max(j) AS m FROM (SELECT i + 1 AS j FROM FILE)': 1,
  'SELECT count(*) AS n FROM (SELECT unnest([i, n]) FROM FILE)': 1,
  'SELECT count(*) AS n FROM (SELECT DISTINCT n FROM FILE)': 1,
  'SELECT count(*) AS n FROM FILE UNION ALL SELECT max(i) FROM FILE ORDER BY n': 0,
};

for (const [text, scans] of Object.entries(questions)) {
  test(`rows are read ${scans} times: ${text}`, () => {
    assert.equal(scansFor(text.replaceAll('FILE', `'${file}'`)), scans);
  });
}

test('bounds that are not marked exact are no answer', () => {
  const plan = { kind: 'sql' as const, text: `SELECT min(i) AS a FROM '${file}'` };
  const cut = [...bench.context(plan).sources].map(([key, source]) => {
    const statistics: typeof source.statistics = (column) =>
      (source.statistics?.(column) ?? []).map((each) => each && { ...each, exact: false });
    return [key, { ...source, statistics }] as const;
  });
  assert.match(explainPlan(bench.plan(plan, { sources: new Map(cut) })).text, /scan rows/);
  assert.doesNotMatch(explainPlan(bench.plan(plan)).text, /scan rows/);
});

test('a directory that hides a column of its files has its value', () => {
  mkdirSync(bench.path('years/year=2024'), { recursive: true });
  bench.connection.execute(`COPY (FROM '${file}') TO '${bench.path('years/year=2024/a.parquet')}' (FORMAT parquet)`);
  const from = `read_parquet('${bench.path('years')}/*/*.parquet', hive_partitioning = true)`;
  scansFor(`SELECT min(year) AS a, max(year) AS b FROM ${from}`);
  scansFor(`SELECT count(*) AS a, count(year) AS b FROM ${from}`);
});
