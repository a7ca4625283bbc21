/** GROUP BY () and its like, of which there is one row whatever there is: against DuckDB. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { assertAsDuckDb } from '../../../../support/planner/as-duckdb.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const p = bench.file('p.parquet', 'SELECT i, i % 7 AS k FROM range(9000) t(i)');
const q = bench.file('q.parquet', 'SELECT i, i % 5 AS k FROM range(7000) t(i)');

test('GROUP BY () is one group, also without aggregates and rows', () => {
  for (const text of [
    `select 1 as x from '${q}' group by ()`,
    `select 'x' as x, 3 + 4 as y from '${q}' where i < 0 group by ()`,
    `select 1 as x from '${q}' where i < 0 group by () having max(i) is null`,
    `select max(i) from '${q}' where i < 0 group by ()`,
    `select * from (select 5 as five from '${q}' where i < 0 group by ()) union all select i from '${p}' where i < 3`,
    `select i, (select 1 from '${q}' group by ()) as x from '${p}' where i < 9`,
    `select i, (select 1 from '${q}' q where q.i = p.i group by ()) as x from '${p}' p where i > 6990 and i < 7010`,
    `select i, (select count(*) from '${q}' q where q.i = p.i group by ()) as x from '${p}' p where i > 6990 and i < 7010`,
    `select i from '${p}' where i < 9 and 1 in (select 1 from '${q}' where i < 0 group by ())`,
    `select i from '${p}' where i < 9 and exists (select 1 from '${q}' where i < 0 group by ())`,
    `select i from '${p}' p where i > 6990 and i < 7010 and exists (select 1 from '${q}' q where q.i = p.i group by ())`,
  ])
    assert.deepEqual(assertAsDuckDb(bench, text), [], text);
});

test('several groups of nothing, and HAVING of no aggregate, are what DuckDB takes them for', () => {
  for (const text of [
    `select 1 as x from '${q}' group by grouping sets ((), ())`,
    `select sum(k) from '${q}' where i > 9 group by grouping sets ((), ())`,
    `select i, array(select count(*) from '${q}' q where q.i = p.i group by grouping sets ((), ())) as x from '${p}' p where i > 6990 and i < 7010`,
    `select 1 as x from '${q}' where i < 0 having true`,
    `select i, (select 1 from '${q}' q where q.i = p.i having true) as x from '${p}' p where i > 6990 and i < 7010`,
  ])
    assert.equal(assertAsDuckDb(bench, text).length, 1, text);
});
