/**
 * A question in SQL, asked of a file. Values in a template are quoted: they have no effect as SQL.
 *
 *     npx sheaf run examples/sql.ts -- 1000
 */
import { connect } from 'sheaf';

const leastMiles = Number(process.argv[2] ?? 500);
const flights = new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets')).pathname;

await using cluster = await connect();
const long = cluster.sql`
  select origin, count(*) as flights, avg(delay) as mean_delay, max(distance) as farthest
  from ${flights}
  where distance >= ${leastMiles}
  group by origin
  order by flights desc
  limit 10`;
await long.show();
