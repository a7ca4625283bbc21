/**
 * Three million flights: the busiest routes by part of the day, and how late they are.
 *
 *     npm start                                                    on a cluster that lives as long as the program
 *     npx sheaf run examples/flights.ts --cluster 127.0.0.1:7400   on a cluster that is there
 */
import { connect, formatTable, type JobInfo } from 'sheaf';
import { withPartOfDay } from './part-of-day.ts';

const data = new URL('../data/', import.meta.resolve('vega-datasets'));
const file = (name: string): string => new URL(name, data).pathname;

await using cluster = await connect();

const airports = cluster.read.csv(file('airports.csv'));
const origins = airports.select({ origin: 'iata', from: 'city' });
const destinations = airports.select({ destination: 'iata', to: 'city' });

const routes = cluster.read
  .parquet(file('flights-3m.parquet'))
  .select('origin', 'destination', 'delay', { hour: 'hour(date)::integer' })
  .mapBatches(withPartOfDay, {
    schema: { origin: 'varchar', destination: 'varchar', delay: 'bigint', part_of_day: 'varchar' },
  })
  .join(origins, { on: 'origin' })
  .join(destinations, { on: 'destination' })
  .groupBy('from', 'to', 'part_of_day')
  .agg({ flights: 'count(*)', mean_delay: 'round(avg(delay), 1)', late: 'round(avg((delay > 15)::int), 3)' })
  .orderBy('flights desc', 'from', 'to', 'part_of_day');

let job: JobInfo | undefined;
const { rows } = await routes.write.parquet('out/routes', {
  mode: 'overwrite',
  onProgress: (info) => {
    job = info;
  },
});

const busiest = await cluster.read.parquet('out/routes/*.parquet').orderBy('flights desc').limit(10).collect();
console.log(formatTable(busiest));
console.log(`All ${rows.toLocaleString('en-US')} rows are in out/routes. It took:`);
for (const { name, tasks, elapsedMs } of job?.stages ?? []) {
  console.log(
    `${String(Math.round(elapsedMs)).padStart(6)} ms, ${tasks} ${tasks === 1 ? 'task' : 'tasks'}: ${name.slice(0, 96)}`,
  );
}
