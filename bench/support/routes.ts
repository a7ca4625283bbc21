import type { Cluster } from '../../client/index.ts';
import { withPartOfDay } from '../../examples/part-of-day.ts';

const data = new URL('../data/', import.meta.resolve('vega-datasets'));

/** A file of the package of sample data. */
export const sampleFile = (name: string): string => new URL(name, data).pathname;

/** The main job: three million real flights, with a TypeScript function in the middle. */
export function routes(cluster: Cluster) {
  const airports = cluster.read.csv(sampleFile('airports.csv'));
  return cluster.read
    .parquet(sampleFile('flights-3m.parquet'))
    .select('origin', 'destination', 'delay', { hour: 'hour(date)::integer' })
    .mapBatches(withPartOfDay, {
      schema: { origin: 'varchar', destination: 'varchar', delay: 'bigint', part_of_day: 'varchar' },
    })
    .join(airports.select({ origin: 'iata', from: 'city' }), { on: 'origin' })
    .join(airports.select({ destination: 'iata', to: 'city' }), { on: 'destination' })
    .groupBy('from', 'to', 'part_of_day')
    .agg({ flights: 'count(*)', mean_delay: 'avg(delay)', late: 'avg((delay > 15)::int)' })
    .orderBy('flights desc', 'from', 'to', 'part_of_day');
}
