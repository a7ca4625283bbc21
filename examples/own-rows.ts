/**
 * Rows that only this program holds: they are streamed to the cluster, cut into Arrow record batches, and worked on
 * there.
 *
 *     npx sheaf run examples/own-rows.ts
 */
import { avg, col, connect, count } from 'sheaf';

/** A million readings, made as they are sent: no more than a few batches are in memory at a time. */
function* readings() {
  for (let at = 0; at < 1_000_000; at += 1) {
    yield { sensor: `s${at % 100}`, celsius: 20 + 5 * Math.sin(at / 1000) + (at % 7) };
  }
}

await using cluster = await connect();

const warmest = cluster
  .from(readings(), { schema: { sensor: 'varchar', celsius: 'double' } })
  .filter(col('celsius').gt(20))
  .groupBy('sensor')
  .agg({ readings: count(), mean: avg(col('celsius')) })
  .orderBy('mean desc')
  .limit(5);

for await (const { sensor, mean } of warmest.rows()) console.log(`${sensor} ${mean?.toFixed(3)}`);
