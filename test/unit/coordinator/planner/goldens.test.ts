import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PlanContext } from '../../../../coordinator/planner/context.ts';
import type { PlanNode } from '../../../../shared/plan/node.ts';
import { PlannerBench, scan } from '../../../support/planner/planner.ts';

/**
 * Staged plans of questions on real data, to be reviewed as diffs. After a change that is meant:
 * `SHEAF_REWRITE_GOLDENS=1 npm test -- goldens`.
 */
const isRewrite = process.env.SHEAF_REWRITE_GOLDENS === '1';
const folder = new URL('../../../goldens/plans/', import.meta.url);

/** As in production, but for two slots of a small machine. */
const bench = new PlannerBench({
  taskBytesMin: 16 * 1024 * 1024,
  textSplitBytes: 4 * 1024 * 1024,
  sortBytesMin: 2 ** 26,
});
after(() => bench[Symbol.dispose]());

const data = fileURLToPath(new URL('../../../../node_modules/vega-datasets/data', import.meta.url));
const flights = scan(`${data}/flights-3m.parquet`);
const airports = scan(`${data}/airports.csv`);
const routes = [
  { name: 'origin', sql: 'origin' },
  { name: 'destination', sql: 'destination' },
];

const mainJob: PlanNode = {
  kind: 'limit',
  limit: 20,
  offset: 0,
  input: {
    kind: 'sort',
    keys: ['flights desc'],
    input: {
      kind: 'aggregate',
      keys: [...routes, { name: 'city', sql: 'city' }, { name: 'part_of_day', sql: 'part_of_day' }],
      aggregates: [
        { name: 'flights', sql: 'count(*)' },
        { name: 'mean_delay', sql: 'avg(delay)' },
        { name: 'late_share', sql: 'count(*) filter (delay > 15) / count(*)' },
      ],
      input: {
        kind: 'join',
        type: 'inner',
        left: {
          kind: 'call',
          mode: 'mapBatches',
          function: { sha256: 'f00d', name: 'partOfDay', async: false },
          schema: ['date TIMESTAMP', 'delay BIGINT', 'origin VARCHAR', 'destination VARCHAR', 'part_of_day VARCHAR']
            .map((text) => text.split(' '))
            .map(([name = '', type = '']) => ({ name, type })),
          deterministic: true,
          input: {
            kind: 'project',
            columns: ['date', 'delay', 'origin', 'destination'].map((name) => ({ name, sql: name })),
            input: flights,
          },
        },
        right: airports,
        on: { kind: 'condition', sql: 'l.origin = r.iata' },
      },
    },
  },
};

const sql = (text: string): PlanNode => ({ kind: 'sql', text: text.replaceAll('DATA/', `${data}/`) });
const write = (input: PlanNode): PlanNode => ({
  kind: 'write',
  input,
  format: 'parquet',
  path: '/out/late',
  mode: 'error',
  options: {},
});
const everyone: Partial<PlanContext> = { config: { ...bench.config, broadcastBytesMax: 0, rereadBytesMax: 0 } };

const questions: Readonly<Record<string, readonly [plan: PlanNode, context?: Partial<PlanContext>]>> = {
  'main-job': [mainJob],
  'main-job-hashed': [mainJob, everyone],
  'main-job-broadcast': [mainJob, { config: { ...bench.config, rereadBytesMax: 0 } }],
  'count-rows': [sql("select count(*) from 'DATA/flights-3m.parquet'")],
  'tiny-question': [sql("select state, count(*) n from 'DATA/airports.csv' group by all order by n desc limit 3")],
  'whole-groups': [
    sql("select origin, median(delay), count(distinct destination) from 'DATA/flights-3m.parquet' group by all"),
  ],
  'distinct-counts': [
    sql(`select origin, count(distinct destination), count(distinct date) filter (delay > 0), sum(delay)
      from 'DATA/flights-3m.parquet' group by origin`),
    everyone,
  ],
  'distinct-count-alone': [sql("select count(distinct date) from 'DATA/flights-3m.parquet'")],
  'grouping-sets': [
    sql(`select origin, destination, grouping(origin) g, avg(delay), count(*) from 'DATA/flights-3m.parquet'
      group by rollup (origin, destination) having count(*) > 10`),
  ],
  'variance-and-correlation': [
    sql("select origin, stddev(delay), corr(delay, distance) from 'DATA/flights-3m.parquet' group by origin"),
  ],
  'global-aggregate': [
    sql("select min(date), max(delay), avg(distance) from 'DATA/flights-3m.parquet' where delay > 0"),
  ],
  'having-and-hidden-order': [
    sql(`select origin, avg(delay) mean from 'DATA/flights-3m.parquet'
      group by origin having count(*) > 1000 order by max(date), 1 limit 5`),
  ],
  'global-sort': [sql("select date, delay, origin from 'DATA/flights-3m.parquet' order by delay desc, origin, date")],
  'first-rows': [sql("select * from 'DATA/flights-3m.parquet' limit 10")],
  'distinct-write': [write({ kind: 'distinct', input: { kind: 'project', columns: routes, input: flights } })],
  'window-by-key': [
    sql("select origin, row_number() over (partition by origin order by date) from 'DATA/flights-3m.parquet'"),
  ],
  'pivot-of-few-values': [
    sql(
      "pivot (select *, date_trunc('month', date) as month from 'DATA/flights-3m.parquet') on origin in ('JFK', 'ORD') using count(*) as n, avg(delay) as delay group by month",
    ),
  ],
  'pivot-of-many-values': [
    sql(
      `pivot (from 'DATA/flights-3m.parquet') on date_part('day', date) in (${Array.from({ length: 31 }, (_, i) => i + 1).join(', ')}) using count(*) group by origin`,
    ),
  ],
  'union-by-name': [
    sql(
      "select origin, delay from 'DATA/flights-3m.parquet' where delay > 100 union all by name select name, state as origin from 'DATA/airports.csv'",
    ),
  ],
  'union-side-by-side': [
    { kind: 'filter', predicate: 'delay > 100', input: { kind: 'union', inputs: [flights, flights] } },
  ],
  'filter-into-join': [
    {
      kind: 'filter',
      predicate: "state = 'TX'",
      input: {
        kind: 'join',
        type: 'inner',
        left: flights,
        right: airports,
        on: { kind: 'condition', sql: 'origin = iata' },
      },
    },
    everyone,
  ],
};

for (const [name, [plan, context]] of Object.entries(questions)) {
  test(`golden plan: ${name}`, () => {
    const text = bench.explain(plan, { ...context }).replaceAll(`${data}/`, 'DATA/');
    const file = new URL(`${name}.txt`, folder);
    if (isRewrite || !existsSync(file)) writeFileSync(file, text);
    assert.equal(text, readFileSync(file, 'utf8'));
  });
}
