/** What a newcomer writes, as it reads: checked by `npm run check`, never run. */
import type { RecordBatch, Table } from 'apache-arrow';
import { connect } from 'sheaf';

const schema = { origin: 'varchar', delay: 'integer', part_of_day: 'varchar' } as const;
declare function partOfDay(batch: RecordBatch): RecordBatch;

await using cluster = await connect('127.0.0.1:7400');
const late = cluster.read
  .parquet('flights/*.parquet')
  .filter('delay > 15')
  .mapBatches((batch) => partOfDay(batch), { schema })
  .groupBy('origin', 'part_of_day')
  .agg({ flights: 'count(*)', mean_delay: 'avg(delay)' })
  .orderBy('flights desc')
  .limit(20);
const table: Table = await late.collect();
let rows = 0;
for await (const batch of late.stream()) rows += batch.numRows;
const { path } = await late.write.parquet('out/late');
const again = cluster.from(table);
await again.show();
const typed = cluster.sql<typeof schema>`select * from ${path} where delay > ${rows}`;
typed.select('origin');
// @ts-expect-error no such column
typed.select('destination');
