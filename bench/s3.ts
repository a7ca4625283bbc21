/**
 * Parquet in object storage against the same file on disk: `node bench/s3.ts [rows in millions] [rounds]`. A real S3
 * server on this machine; questions that read all of the file, a few columns, one row group. Rounds alternate between
 * both.
 */
import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { objectStore } from '../connectors/s3/store.ts';
import { loadConfig } from '../shared/config/config.ts';
import { Connection } from '../shared/duckdb/connection.ts';
import { Database } from '../shared/duckdb/database.ts';
import { inProcessCluster } from '../test/support/cluster/in-process-cluster.ts';
import { startS3 } from '../test/support/servers/s3.ts';
import { median, milliseconds, ratio, report } from './stopwatch.ts';

const [millions = 6, rounds = 5] = process.argv.slice(2).map(Number);
await using s3 = await startS3();
Object.assign(process.env, s3.environment);
await s3.createBucket('bench');
await using setup = await inProcessCluster({ slotMemoryBytesMin: 64 * 2 ** 20 });
const { cluster, folder } = setup;
const file = join(folder, 'rows.parquet');
makeRows();
await upload();

const questions: Readonly<Record<string, string>> = {
  'all columns': 'SELECT max(COLUMNS(*)) FROM %',
  'two of eight columns': 'SELECT k, sum(a) AS s FROM % GROUP BY k',
  'one row group of many': 'SELECT sum(b) AS s FROM % WHERE id BETWEEN 1000 AND 2000',
  'only the footer': 'SELECT count(*) AS n FROM %',
};
report('the file', `${Math.round(statSync(file).size / 2 ** 20)} MiB`);
for (const [name, sql] of Object.entries(questions)) await compare(name, sql);

async function compare(name: string, sql: string): Promise<void> {
  const times: Record<'disk' | 's3', number[]> = { disk: [], s3: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const [place, path] of [
      ['disk', file],
      ['s3', 's3://bench/rows.parquet'],
    ] as const) {
      const startedMs = performance.now();
      await cluster.sql(sql.replace('%', `'${path}'`)).collect();
      if (round > 0) times[place].push(performance.now() - startedMs); // The first warms up.
    }
  }
  const [disk, object] = [median(times.disk), median(times.s3)];
  report(name, `${milliseconds(disk)} disk, ${milliseconds(object)} S3: ${ratio(object, disk)}`);
}

function makeRows(): void {
  using database = Database.open({ memoryLimitBytes: 2 ** 30, tempDirectory: join(folder, 'spill') });
  using connection = Connection.open(database.address);
  connection.execute(`COPY (SELECT i AS id, i % 100 AS k, hash(i)::DOUBLE AS a, hash(i + 1)::DOUBLE AS b, hash(i + 2) AS c,
    md5(i::VARCHAR) AS d, 'name ' || (i % 1000) AS e, date '2024-01-01' + (i % 365)::INTEGER AS f
    FROM range(${millions * 1e6}) t(i)) TO '${file}'`);
}

async function upload(): Promise<void> {
  const config = loadConfig();
  const store = await objectStore(s3.options, config);
  const place = { bucket: 'bench', key: 'rows.parquet' };
  const id = await store.uploads.begin(place);
  await using handle = await open(file);
  const parts = [];
  const startedMs = performance.now();
  for await (const chunk of handle.createReadStream({ highWaterMark: config.objectPartBytes, autoClose: false }))
    parts.push(await store.uploads.part(place, id, parts.length + 1, chunk as Buffer));
  await store.uploads.complete(place, id, parts);
  const seconds = (performance.now() - startedMs) / 1000;
  report('upload, one part after another', `${Math.round(statSync(file).size / 1e6 / seconds)} MB/s`);
}
