/**
 * DISTINCT values of many small groups are counted where whole groups meet; of few or large ones, where equal values
 * meet.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { explainPlan } from '../../../../../../coordinator/planner/explain/staged.ts';
import { assertAsDuckDb } from '../../../../../support/planner/as-duckdb.ts';
import { PlannerBench } from '../../../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const rows = bench.file(
  'rows.parquet',
  `SELECT (i * 7919) % 9001 AS many, i % 13 AS few, CASE WHEN i % 3 = 0 THEN (i * 31) % 5000 END AS skewed,
     CASE WHEN i % 11 = 0 THEN NULL ELSE (i * 17) % 23 END AS x, 'v' || i % 9 AS s
   FROM range(40000) t(i)`,
);

const meets = (text: string): string => {
  const { text: stages } = explainPlan(bench.plan({ kind: 'sql', text }, { slots: 3 }));
  return /meet by (value|key)/.exec(stages)?.[1] ?? '';
};

const cases: readonly (readonly [keys: string, meets: string])[] = [
  ['many', 'key'],
  ['many % 7000, few', 'key'],
  ['few', 'value'],
  ['skewed', 'value'],
];
const lists = [
  'count(DISTINCT x) AS a',
  "count(DISTINCT x) AS a, sum(DISTINCT x) FILTER (s > 'v3') AS b, count(DISTINCT s) AS c, count(*) AS d, max(s) AS e, avg(x) AS f",
];

test('many small groups meet whole, and are exchanged once', () => {
  for (const [keys, expected] of cases)
    for (const list of lists) {
      const text = `SELECT ${list} FROM '${rows}' GROUP BY ${keys}`;
      assert.equal(meets(text), expected, text);
      assert.deepEqual(assertAsDuckDb(bench, text), [], text);
    }
});

test('groups that have met are not exchanged for a DISTINCT of the same keys', () => {
  const text = `SELECT DISTINCT many, a FROM (SELECT many, count(DISTINCT x) AS a FROM '${rows}' GROUP BY many)`;
  const { text: stages } = explainPlan(bench.plan({ kind: 'sql', text }, { slots: 3 }));
  assert.match(stages, /already partitioned by many/);
  assert.deepEqual(assertAsDuckDb(bench, text), []);
});

test('sets of keys are counted apart', () => {
  const text = `SELECT many, count(DISTINCT x) AS a FROM '${rows}' GROUP BY ROLLUP (many)`;
  assert.equal(meets(text), 'value');
  assert.deepEqual(assertAsDuckDb(bench, text), []);
});
