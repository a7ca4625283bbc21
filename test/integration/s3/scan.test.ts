/**
 * Files in object storage are read as the same files on disk are: every format, against DuckDB's answer over the local
 * copy.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { ObjectStore } from '../../../connectors/s3/store.ts';
import { loadConfig } from '../../../shared/config/config.ts';
import { Connection } from '../../../shared/duckdb/connection.ts';
import { Database } from '../../../shared/duckdb/database.ts';
import { inProcessCluster } from '../../support/cluster/in-process-cluster.ts';
import { startHostileS3 } from '../../support/servers/hostile-s3.ts';
import { startS3 } from '../../support/servers/s3.ts';

const s3 = await startS3();
const hostile = await startHostileS3(s3.options.endpoint);
Object.assign(process.env, s3.environment, {
  AWS_ENDPOINT_URL_S3: hostile.endpoint,
  SHEAF_SECRET_s3_key: s3.options.accessKeyId,
  SHEAF_SECRET_s3_secret: s3.options.secretAccessKey,
});
await s3.createBucket('data');
const setup = await inProcessCluster({
  taskBytesMin: 1,
  textSplitBytes: 64 * 1024,
  objectFooterBytes: 1024,
  objectRangeGapBytes: 1000,
  objectRangeBytes: 64 * 1024,
  objectHeadBytes: 16 * 1024,
  objectRetryDelayMs: 1,
});
const { cluster, folder } = setup;
const database = Database.open({ memoryLimitBytes: 2 ** 28, tempDirectory: join(folder, 'spill') });
const connection = Connection.open(database.address);
const store = await ObjectStore.open(s3.options, loadConfig());
after(async () => {
  connection[Symbol.dispose]();
  database[Symbol.dispose]();
  await setup[Symbol.asyncDispose]();
  await hostile[Symbol.asyncDispose]();
  await s3[Symbol.asyncDispose]();
});
afterEach(() => {
  hostile.mischief = () => undefined;
});

const local = join(folder, 'local');
const query = `SELECT i AS id, i % 7 AS k, 'name ' || (i % 50) AS name, {'a': i, 'b': [i, i + 1]} AS s, random() AS r,
  repeat(md5(i::VARCHAR), 4) AS ballast FROM range(60000) t(i)`;
mkdirSync(join(local, 'parts/day=2024-01-01'), { recursive: true });
mkdirSync(join(local, 'parts/day=2024-01-02'), { recursive: true });
connection.execute('SELECT setseed(0.5)');
connection.execute(`COPY (${query}) TO '${local}/one.parquet' (ROW_GROUP_SIZE 10000)`);
connection.execute(`COPY (SELECT range AS x FROM range(1000)) TO '${local}/parts/day=2024-01-01/a.parquet'`);
connection.execute(`COPY (SELECT range + 1000 AS x FROM range(500)) TO '${local}/parts/day=2024-01-02/b.parquet'`);
connection.execute(`COPY (SELECT id, k, name, r FROM '${local}/one.parquet') TO '${local}/one.csv'`);
connection.execute(`COPY (SELECT id, k, name, r FROM '${local}/one.parquet') TO '${local}/one.ndjson' (FORMAT json)`);
writeFileSync(`${local}/one.csv.gz`, gzipSync(readFileSync(`${local}/one.csv`)));
writeFileSync(`${local}/one.csv.zst`, zstdCompressSync(readFileSync(`${local}/one.csv`)));
writeFileSync(`${local}/one.ndjson.gz`, gzipSync(readFileSync(`${local}/one.ndjson`)));
for (const name of readdirSync(local, { recursive: true, encoding: 'utf8' })) {
  const path = join(local, name);
  if (statSync(path).isFile()) await store.put({ bucket: 'data', key: `in/${name}` }, readFileSync(path));
}

const plain = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' ? value.replace(/T00:00:00\.000Z$/, '') : value;
};

/** The same SQL over `s3://data/in/` and over the local folder, as text. */
async function same(sql: string): Promise<void> {
  const ours: unknown[] = [];
  for await (const row of cluster.sql(sql.replaceAll('@', 's3://data/in')).rows()) ours.push(row);
  const theirs = connection.rows(sql.replaceAll('@', local));
  const text = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row, plain)).sort();
  assert.deepEqual(text(ours), text(theirs));
}

test('Parquet: whole, some columns, nested ones, filters that Bloom filters and statistics decide', async () => {
  await same(`SELECT count(*) AS n, sum(id) AS a, sum(r) > 0 AS b, max(ballast) AS c FROM '@/one.parquet'`);
  await same(`SELECT k, count(*) AS n, count(DISTINCT name) AS m FROM '@/one.parquet' GROUP BY k`);
  await same(`SELECT sum(s.a) AS a, sum(s.b[2]) AS b FROM '@/one.parquet'`);
  await same(`SELECT id, name FROM '@/one.parquet' WHERE name = 'name 7' AND id BETWEEN 25000 AND 25100`);
  await same(`SELECT count(*) AS n FROM '@/one.parquet' WHERE name = 'name 77'`);
  await same(`SELECT count(*) AS n FROM '@/one.parquet'`);
  await same(`SELECT K, ID FROM '@/one.parquet' WHERE id % 10007 = 0`);
});

test('objects in the order of a key are read by ranges of it', async () => {
  const of = (from: string): string =>
    `SELECT id, max(name) AS m FROM '${from}/one.parquet' GROUP BY id HAVING max(k) = 3`;
  assert.match(await cluster.sql(of('s3://data/in')).explain(), /tasks read ranges of it, and exchange nothing/);
  await same(of('@'));
  await same(
    `SELECT b.id, b.s FROM '@/one.parquet' a RIGHT JOIN '@/one.parquet' b ON a.id = b.id WHERE b.k = a.k - 0 AND a.k = 5`,
  );
});

test('of Parquet only what is asked for travels', async () => {
  const read = async (sql: string): Promise<number> => {
    hostile.seen.length = 0;
    await cluster.sql(sql).collect();
    const bytes = ({ range }: { range: string | undefined }): number => {
      const [, from = 0, to = -1] = (/bytes=(\d+)-(\d+)/.exec(range ?? '') ?? []).map(Number);
      return to - from + 1;
    };
    return hostile.seen.filter(({ method }) => method === 'GET').reduce((sum, seen) => sum + bytes(seen), 0);
  };
  const size = statSync(`${local}/one.parquet`).size;
  const all = await read(`SELECT max(COLUMNS(*)) FROM 's3://data/in/one.parquet'`);
  const few = await read(`SELECT max(k) AS m FROM 's3://data/in/one.parquet'`);
  assert.ok(all > size * 0.95, `${all} of ${size}`);
  assert.ok(few < size * 0.1, `${few} of ${size}`);
  const begin = await read(`SELECT max(ballast) AS m FROM 's3://data/in/one.parquet' WHERE id < 5000`);
  assert.ok(begin < size * 0.25, `${begin} of ${size}: one of six row groups`);
});

test('folders of values are columns; globs and prefixes name many objects', async () => {
  await same(`SELECT day, count(*) AS n, sum(x) AS s FROM read_parquet('@/parts/*/*.parquet') GROUP BY day`);
  await same(`SELECT count(*) AS n FROM read_parquet('@/parts/**/[ab].parquet')`);
  assert.equal(await cluster.read.parquet('s3://data/in/parts').count(), 1500);
  assert.equal(
    await cluster.read
      .parquet(['s3://data/in/parts/day=2024-01-01/', `${local}/parts/day=2024-01-02/*.parquet`])
      .count(),
    1500,
  );
  await assert.rejects(cluster.read.parquet('s3://data/in/parts/*.csv').count(), {
    code: 'FILE_NOT_FOUND',
    message: /s3:\/\/data\/in\/parts\/\*\.csv/,
  });
  await assert.rejects(cluster.read.parquet('s3://data/none').count(), { code: 'FILE_NOT_FOUND' });
});

test('CSV and NDJSON: in ranges of lines, packed by gzip and zstd', async () => {
  for (const name of ['one.csv', 'one.ndjson', 'one.csv.gz', 'one.csv.zst', 'one.ndjson.gz'])
    await same(
      `SELECT count(*) AS n, sum(id) AS a, min(name) AS b, max(r) AS c, count(DISTINCT id) AS d FROM '@/${name}'`,
    );
  assert.equal(await cluster.read.csv('s3://data/in/*.csv*').count(), 180_000);
});

test('Arrow files', async () => {
  const written = join(folder, 'arrow');
  await cluster.sql(`SELECT id, k, name FROM '${local}/one.parquet'`).write.arrow(written);
  for (const name of readdirSync(written))
    await store.put({ bucket: 'data', key: `arrow/${name}` }, readFileSync(join(written, name)));
  const [row] = await cluster.read
    .arrow('s3://data/arrow/')
    .count()
    .then((n) => [n]);
  assert.equal(row, 60_000);
});

test('a malformed row is named by its object', async () => {
  const text = `a,b\n${'1,2\n'.repeat(60_000)}1,2,3\n${'1,2\n'.repeat(100)}`;
  await store.put({ bucket: 'data', key: 'bad.csv' }, Buffer.from(text));
  await assert.rejects(cluster.sql(`SELECT sum(a) AS s FROM 's3://data/bad.csv'`).collect(), {
    code: 'ROW_MALFORMED',
    message: /s3:\/\/data\/bad\.csv, line \d+/,
  });
  await store.put({ bucket: 'data', key: 'bad.parquet' }, Buffer.from('this is no Parquet file'));
  await assert.rejects(cluster.read.parquet('s3://data/bad.parquet').count(), {
    code: 'FILE_CORRUPT',
    message: /s3:\/\/data\/bad\.parquet/,
  });
});

test('busy answers and cut connections do not show', async () => {
  hostile.mischief = ({ method, before }) => (before > 0 ? undefined : method === 'GET' ? 'half' : 'busy');
  await same(`SELECT sum(id) AS a, max(ballast) AS b FROM '@/one.parquet'`);
  await same(`SELECT sum(id) AS a FROM '@/one.csv'`);
});

test('an object that changes between plan and task is refused', async () => {
  const key = { bucket: 'data', key: 'moving.parquet' };
  await store.put(key, readFileSync(`${local}/one.parquet`));
  const changed = Buffer.from(readFileSync(`${local}/one.parquet`));
  changed[1000] = (changed[1000] ?? 0) ^ 1;
  let reads = 0;
  let changing: Promise<unknown> | undefined;
  hostile.mischief = ({ method, path }) => {
    if (method === 'GET' && path.includes('moving') && reads++ === 2) changing = store.put(key, changed);
    return changing !== undefined && reads === 3 ? 'cut' : undefined;
  };
  await assert.rejects(cluster.sql(`SELECT max(ballast) AS m FROM 's3://data/moving.parquet'`).collect(), {
    code: 'FILE_CHANGED',
    message: /s3:\/\/data\/moving\.parquet/,
  });
  await changing;
});

test('options name another storage, and secrets by name', async () => {
  const named = {
    endpoint: s3.options.endpoint,
    accessKeyId: { $secret: 's3_key' },
    secretAccessKey: { $secret: 's3_secret' },
  };
  assert.equal(await cluster.read.parquet('s3://data/in/one.parquet', { s3: named }).count(), 60_000);
  await assert.rejects(
    cluster.read
      .parquet('s3://data/in/one.parquet', { s3: { ...named, secretAccessKey: { $secret: 's3_nobody' } } })
      .count(),
    { code: 'SECRET_UNKNOWN', message: /s3_nobody/ },
  );
  await assert.rejects(
    cluster.read.parquet('s3://data/in/one.parquet', { s3: { endpoint: 'http://169.254.169.254/' } }).count(),
    { code: 'PERMISSION_DENIED' },
  );
});
