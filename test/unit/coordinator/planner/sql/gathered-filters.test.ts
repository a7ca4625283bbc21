import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { runLocally } from '../../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';
import { assertSameRows } from '../../../../support/same-rows.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const t = bench.file(
  't.parquet',
  `SELECT i::INTEGER AS id, i % 7 AS k, CASE WHEN i % 5 <> 0 THEN 't' || i % 9 END AS s, {'id': i % 3} AS u FROM range(9000) t(i)`,
);
const v = bench.file('v.parquet', 'SELECT i::INTEGER AS id, i % 4 AS w FROM range(6000) t(i)');

/** Questions that are gathered, and how many of their conditions are asked before. */
const cases: Readonly<Record<string, number>> = {
  [`select any_value(columns('(.*)')) as "\\1" from '${t}' where id = 77`]: 1,
  [`select count(columns('(.*)')) as "\\1" from '${t}' where id > 77 and k + 1 > 2 and s is null`]: 1,
  [`select count(columns('(.*)')) as "\\1" from '${t}' x where x.id > 77 or x.s = 't4'`]: 1,
  [`select id as k, max(columns('(id)')) as "\\1" from '${t}' where k = 3 group by all`]: 1,
  [`select count(columns('(.*)')) as "\\1" from '${t}' a join '${v}' b on a.id = b.id where a.k = 3 and w = 1 and a.id < b.id + 1`]: 2,
  [`select count(columns('(.*)')) as "\\1" from '${t}' a, '${v}' b where a.id = b.id and b.w = 1 and a.k = 2`]: 2,
  [`select count(columns('(.*)')) as "\\1" from '${t}' natural join '${v}' where k = 3 and id < 100`]: 1,
  // A field of the column u of the first, not a column of the second.
  [`select count(columns('(.*)')) as "\\1" from '${t}' join '${v}' u using (id) where u.id = 1 and w = 1`]: 1,
  // Rows that are left out would be missed, or may be others each time.
  [`select count(columns('(.*)')) as "\\1" from '${t}' a left join '${v}' b on a.id = b.id where b.w is null`]: 0,
  [`select count(columns('(.*)')) as "\\1" from '${t}' a join '${t}' b on a.id = b.id + 1 where a.k = 3`]: 0,
  [`select count(columns('(.*)')) as "\\1" from '${t}' where k = 3 and id in (select id + 1 from '${t}' where k = 2)`]: 0,
  [`select count(columns('(.*)')) as "\\1" from '${v}' where id in (select max(id) from '${t}' where k = 2)`]: 0,
  [`select count(columns('(.*)')) as "\\1" from '${t}' a(x, id) where id = 3`]: 0,
  [`select bool_and(columns('(k)') >= 0) as "\\1" from '${t}' where random() < 0.5`]: 0,
  [`select count(columns('(k)')) <= 100 as "\\1" from '${t}' where k = 3 using sample 100 rows`]: 0,
  [`select * from '${t}' positional join '${v}' where w = 3`]: 0,
};

for (const [text, filters] of Object.entries(cases)) {
  test(`${text.replaceAll(`${bench.directory}/`, '')}: ${filters} filters before it is gathered`, () => {
    const staged = bench.plan({ kind: 'sql', text });
    const steps = JSON.stringify(staged.stages);
    assert.equal(steps.match(/FROM in\d+ WHERE /g)?.length ?? 0, filters, steps);
    const table = runLocally(staged, bench.connection, { directory: bench.directory });
    assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(`FROM (${text})`), false, text);
  });
}
