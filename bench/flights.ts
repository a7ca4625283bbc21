/**
 * The main job on three million real flights, with its TypeScript function in the middle, against DuckDB itself, which says
 * the same in SQL with as many threads on the same files.
 */
import { availableParallelism } from 'node:os';
import { connect, local } from '../client/index.ts';
import { withPartOfDay } from '../examples/part-of-day.ts';
import { openDuckdb } from './data.ts';
import { medianMs, milliseconds, ratio, report } from './stopwatch.ts';

const threads = availableParallelism();
const data = new URL('../data/', import.meta.resolve('vega-datasets'));
const file = (name: string): string => new URL(name, data).pathname;

await using cluster = process.env.SHEAF_CLUSTER
  ? await connect()
  : await local({ workers: 2, threads: Math.ceil(threads / 2) });
const airports = cluster.read.csv(file('airports.csv'));
const routes = cluster.read
  .parquet(file('flights-3m.parquet'))
  .select('origin', 'destination', 'delay', { hour: 'hour(date)::integer' })
  .mapBatches(withPartOfDay, {
    schema: { origin: 'varchar', destination: 'varchar', delay: 'bigint', part_of_day: 'varchar' },
  })
  .join(airports.select({ origin: 'iata', from: 'city' }), { on: 'origin' })
  .join(airports.select({ destination: 'iata', to: 'city' }), { on: 'destination' })
  .groupBy('from', 'to', 'part_of_day')
  .agg({ flights: 'count(*)', mean_delay: 'avg(delay)', late: 'avg((delay > 15)::int)' })
  .orderBy('flights desc', 'from', 'to', 'part_of_day');

const sql = `
  SELECT o.city AS "from", d.city AS "to",
    ['night', 'morning', 'afternoon', 'evening'][hour(f.date) // 6 + 1] AS part_of_day,
    count(*) AS flights, avg(f.delay) AS mean_delay, avg((f.delay > 15)::INTEGER) AS late
  FROM '${file('flights-3m.parquet')}' f
  JOIN read_csv('${file('airports.csv')}') o ON o.iata = f.origin
  JOIN read_csv('${file('airports.csv')}') d ON d.iata = f.destination
  GROUP BY ALL ORDER BY flights DESC, "from", "to", part_of_day`;

using duckdb = openDuckdb(threads);
const expected = duckdb.connection.rows(sql).length;
const { numRows } = await routes.collect();
if (numRows !== expected) throw new Error(`${numRows} rows, DuckDB has ${expected}`);
report(`3,000,000 flights, ${threads} threads each`, 'median of 5');
const theirs = await medianMs(5, () => duckdb.connection.rows(sql));
const ours = await medianMs(5, () => routes.collect());
report('DuckDB, all in SQL', milliseconds(theirs));
report('Sheaf, with a TypeScript function', milliseconds(ours));
report('Sheaf / DuckDB', ratio(ours, theirs));
