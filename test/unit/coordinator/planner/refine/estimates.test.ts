import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { explainPlan } from '../../../../../coordinator/planner/explain/staged.ts';
import { runLocally } from '../../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';
import { assertSameRows } from '../../../../support/same-rows.ts';

const bench = new PlannerBench({ broadcastBytesMax: 100_000, rereadBytesMax: 20_000 });
after(() => bench[Symbol.dispose]());
const facts = bench.file(
  'facts.parquet',
  'SELECT i, (i * 7) % 20000 AS k, i % 100 AS p, (i * 7919) % 60_000 AS u FROM range(60_000) t(i)',
);
const keys = bench.file('keys.parquet', "SELECT k, k % 1000 AS g, 'name ' || k AS name FROM range(20_000) t(k)");

function explained(text: string): string {
  const staged = bench.plan({ kind: 'sql', text }, { slots: 4 });
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(text), false, text);
  return explainPlan(staged).text;
}

const joined = (condition: string): string =>
  `SELECT p, count(*) AS n, min(name) AS least FROM '${facts}' f JOIN '${keys}' d ON f.k = d.k WHERE ${condition} GROUP BY p`;

test('a side of which a filter leaves little is sent whole; all of it is hashed', () => {
  assert.match(explained(joined('g = 7')), /is sent whole to every task/);
  assert.match(explained(joined('g >= 0')), /by the hash of "k/);
});

test('what a filter on one side leaves is left of the join', () => {
  // A hundredth of the keys leaves a hundredth of the facts: then these are the small side of the next join.
  const text = `SELECT count(*) AS n, sum(e.i) AS s FROM (SELECT f.u AS fu FROM '${facts}' f JOIN '${keys}' d ON f.k = d.k WHERE d.g < 10) j
    JOIN '${facts}' e ON j.fu = e.u`;
  assert.match(explained(text), /is sent whole to every task[\s\S]*is sent whole to every task/);
});

test('a file of which a filter leaves little is still read once, not by every task', () => {
  const few = new PlannerBench({ taskBytesMin: 350_000, rereadBytesMax: 20_000 });
  try {
    const { text } = explainPlan(few.plan({ kind: 'sql', text: joined("name LIKE '%77'") }, { slots: 4 }));
    assert.match(text, /stage \d+: scan keys\.parquet → select → filter \(1 task\)/);
  } finally {
    few[Symbol.dispose]();
  }
});

test('a condition that takes long to plan is not tried on a sample', () => {
  const ors = (count: number): string =>
    Array.from({ length: count }, (_, i) => `(g = ${i % 7} AND d.k <> ${i})`).join(' OR ');
  assert.match(explained(joined(`(${ors(10)})`)), /is sent whole to every task/);
  assert.match(explained(joined(`(${ors(500)})`)), /by the hash of "k/);
});

test('what many tasks would each build a large table from is hashed once', () => {
  const wide = new PlannerBench({ broadcastBytesMax: 2 ** 30, rereadBytesMax: 0 });
  try {
    const text = `SELECT count(*) AS n FROM '${facts}' a JOIN '${facts}' b ON a.i = b.k`;
    assert.match(explainPlan(wide.plan({ kind: 'sql', text }, { slots: 8 })).text, /by the hash of/);
  } finally {
    wide[Symbol.dispose]();
  }
});

test('few groups meet in one task; as many as there are rows are hashed', () => {
  const grouped = (key: string) => `SELECT ${key} AS key, count(*) AS n FROM '${facts}' GROUP BY 1`;
  const few = new PlannerBench({ taskBytesMin: 50_000 });
  try {
    const text = (key: string) => explainPlan(few.plan({ kind: 'sql', text: grouped(key) }, { slots: 4 })).text;
    assert.doesNotMatch(text('p'), /by the hash of/);
    assert.match(text('u'), /by the hash of/);
  } finally {
    few[Symbol.dispose]();
  }
});

test('a predicate that fails on the sample fails in the tasks, as DuckDB fails', () => {
  const text = `SELECT k FROM '${keys}' WHERE CAST(name AS INTEGER) = 3`;
  const staged = bench.plan({ kind: 'sql', text });
  assert.throws(() => runLocally(staged, bench.connection, { directory: bench.directory }), /Could not convert/);
});

test('a relation that stands alone is not tried on a sample to be put in order', () => {
  const samplesFor = (text: string): number => {
    const plan = { kind: 'sql' as const, text };
    let samples = 0;
    const counted = [...bench.context(plan).sources].map(([key, source]) => {
      const sample: typeof source.sample = (...asked) => {
        samples++;
        return source.sample?.(...asked);
      };
      return [key, { ...source, sample }] as const;
    });
    bench.plan(plan, { sources: new Map(counted) });
    return samples;
  };
  assert.equal(samplesFor(`SELECT i FROM '${facts}' WHERE k < 10`), 1);
  assert.ok(samplesFor(`SELECT a.i FROM '${facts}' a JOIN '${facts}' b ON a.i = b.k WHERE a.k < 10`) > 1);
});
