/**
 * Learns kinds of visitors from an access log, by k-means: each round is one aggregate over all visitors, on the
 * cluster, of which only the new centers come back. The model is a table, out/visitor-kinds, which the pipeline
 * visitors.ts applies.
 *
 *     npx sheaf run examples/pipelines/train-visitors.ts
 *     LOGS='s3://logs/web/*.log.gz' npx sheaf run examples/pipelines/train-visitors.ts
 */
import { resolve } from 'node:path';
import { connect, formatTable, sql } from 'sheaf';
import { type Center, distance, firstCenters, modelColumns, nearest } from './k-means.ts';
import { features, visitorColumns, visitorsOf } from './visitor-features.ts';

const kinds = 4;
const seed = 1;
const sampleRows = 1000;
const roundsMax = 50;
/** Centers that move less are where they belong. */
const tolerance = 1e-6;

const { LOGS = 'examples/data/apache_access.log' } = process.env;
const paths = [LOGS.includes('://') ? LOGS : resolve(LOGS)];

await using cluster = await connect();

// The log is read once; each round reads the features. Lines that cannot be read say why, and are left out.
const lines = cluster.read.source('logs', { paths, format: { kind: 'access' } }, { provenance: true });
await visitorsOf(lines.filter('_rejected is null')).write.parquet('out/visitors', { mode: 'overwrite' });
const visitors = cluster.read.parquet('out/visitors/*.parquet', { schema: visitorColumns });

// Any sample would do, but the same one each time gives the same model.
const sample = visitors
  .orderBy(sql`md5(host)`)
  .select(...features)
  .limit(sampleRows);
let centers = firstCenters(await Array.fromAsync(sample.rows()), kinds, seed);

for (let round = 1; round <= roundsMax; round += 1) {
  const next = await middles(centers);
  const moved = Math.max(...centers.map((center, i) => distance(center, next[i] ?? center)));
  centers = next;
  console.error(`Round ${round}: the farthest move of a center is ${moved.toFixed(6)}`);
  if (moved <= tolerance) break;
}

const model = cluster.from(centers, { schema: modelColumns });
await model.write.parquet('out/visitor-kinds', { mode: 'overwrite' });
console.log(formatTable(await model.orderBy('kind').collect()));

/** One round: each visitor goes to the nearest center, each center to the middle of its visitors. */
async function middles(centers: readonly Center[]): Promise<readonly Center[]> {
  const means = visitors
    .map((visitor, { centers }) => ({ ...visitor, ...nearest(visitor, centers) }), {
      params: { centers },
      schema: { ...visitorColumns, kind: 'integer', away: 'double' },
    })
    .groupBy('kind')
    .agg(Object.fromEntries(features.map((name) => [name, `avg(${name})`])));
  const found = (await Array.fromAsync(means.rows())) as readonly object[] as readonly Center[];
  return centers.map((center) => found.find(({ kind }) => kind === center.kind) ?? center); // Without visitors it stays.
}
