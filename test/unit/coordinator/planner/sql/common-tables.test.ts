import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { runLocally } from '../../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';
import { assertSameRows } from '../../../../support/same-rows.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const rows = bench.file('rows.parquet', 'SELECT i, i % 7 AS k, i % 31 AS n FROM range(9000) t(i)');
const groups = `SELECT k, count(*) AS c, max(n) AS m FROM '${rows}' WHERE i > 50 GROUP BY k`;
const joined = `SELECT a.i, b.n FROM '${rows}' a JOIN '${rows}' b ON a.i = b.i + 1`;

/** Each question, and how many stages read the file. */
const questions: Readonly<Record<string, readonly [sql: string, scans: number]>> = {
  'groups are made once': [`WITH g AS (${groups}) SELECT a.k, b.c FROM g a JOIN g b ON a.m = b.m AND a.k <= b.k`, 1],
  'groups compared with all of them': [`WITH g AS (${groups}) SELECT k FROM g WHERE c > (SELECT avg(c) FROM g)`, 1],
  'what reads groups twice is itself read once': [
    `WITH g AS (${groups}), h AS (SELECT a.k, b.c FROM g a JOIN g b USING (k)) SELECT sum(c) FROM h`,
    1,
  ],
  'groups below what is read twice': [
    `WITH g AS (${groups}), h AS (SELECT k + 1 AS k FROM g) SELECT a.k FROM h a JOIN h b ON a.k = b.k`,
    1,
  ],
  'one of the mentions stands in a condition': [`WITH g AS (${groups}) FROM g WHERE k IN (SELECT m FROM g)`, 1],
  'a table of the same name within': [
    `WITH g AS (${groups}) SELECT k, (WITH g AS (SELECT max(n + 0) AS k FROM '${rows}') SELECT k FROM g) AS top FROM g`,
    2,
  ],
  'read once it is a part of what reads it': [`WITH g AS (${groups}) SELECT k FROM g WHERE c > 1`, 1],
  'a join is filtered from above, at each mention': [
    `WITH j AS (${joined}) SELECT x.i FROM (FROM j WHERE i < 100) x JOIN (FROM j WHERE n < 3) y ON x.i = y.i`,
    4,
  ],
};

for (const [name, [sql, scans]] of Object.entries(questions))
  test(name, () => {
    const plan = bench.plan({ kind: 'sql', text: sql }, { slots: 4 });
    const reads = plan.stages.flatMap(({ inputs }) => inputs.filter(({ kind }) => kind === 'splits'));
    assert.equal(reads.length, scans);
    const table = runLocally(plan, bench.connection, { directory: bench.directory });
    assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(sql), false, name);
  });
