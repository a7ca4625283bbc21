/** A job that writes to object storage: whole or not at all, nothing left beside it, read back as it was written. */
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { ObjectStore } from '../../../connectors/s3/store.ts';
import { loadConfig } from '../../../shared/config/config.ts';
import { inProcessCluster } from '../../support/cluster/in-process-cluster.ts';
import { startHostileS3 } from '../../support/servers/hostile-s3.ts';
import { startS3 } from '../../support/servers/s3.ts';

const s3 = await startS3();
const hostile = await startHostileS3(s3.options.endpoint);
Object.assign(process.env, s3.environment, { AWS_ENDPOINT_URL_S3: hostile.endpoint });
await s3.createBucket('out');
const setup = await inProcessCluster({
  taskBytesMin: 1,
  taskBytesTarget: 100_000,
  objectPartBytes: 5 * 2 ** 20,
  objectRetryDelayMs: 1,
});
const { cluster } = setup;
const store = await ObjectStore.open(s3.options, loadConfig());
after(async () => {
  await setup[Symbol.asyncDispose]();
  await hostile[Symbol.asyncDispose]();
  await s3[Symbol.asyncDispose]();
});
afterEach(() => {
  hostile.mischief = () => undefined;
});

const rows = (from: number, to: number) =>
  cluster.sql(`SELECT i, hash(i) AS h FROM range(${from}, ${to}) t(i)`).repartition(3);
const sumOf = async (path: string): Promise<number> => {
  for await (const { s } of cluster.sql(`SELECT sum(i)::DOUBLE AS s FROM read_parquet('${path}')`).rows())
    return Number(s);
  return -1;
};

async function keys(prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list('out', prefix)) found.push(key);
  return found;
}

async function assertNoUploads(): Promise<void> {
  for await (const { key } of store.uploads.list('out', '')) assert.fail(`an upload of ${key} is open`);
}

test('what was written is read, appended to, replaced', async () => {
  const written = await rows(0, 100_000).write.parquet('s3://out/a/b');
  assert.equal(written.path, 's3://out/a/b');
  assert.equal(written.rows, 100_000);
  assert.equal((await keys('a/b/part-')).length, written.files);
  assert.equal(await sumOf('s3://out/a/b'), 4_999_950_000);
  await assert.rejects(rows(0, 10).write.parquet('s3://out/a/b'), {
    code: 'DESTINATION_EXISTS',
    message: /s3:\/\/out\/a\/b/,
  });
  await rows(0, 10).write.parquet('s3://out/a/b/', { mode: 'append' });
  assert.equal(await sumOf('s3://out/a/b/part-*.parquet'), 4_999_950_045);
  await rows(0, 10).write.parquet('s3://out/a/b', { mode: 'overwrite' });
  assert.equal(await sumOf('s3://out/a/b/'), 45);
  await assertNoUploads();
});

test('text, packed', async () => {
  await rows(0, 1000).write.csv('s3://out/csv', { compression: 'gzip' });
  assert.equal(await cluster.read.csv('s3://out/csv').count(), 1000);
  assert.ok((await keys('csv/part-')).every((key) => key.endsWith('.csv.gz')));
});

test('a job that fails leaves nothing, neither object nor upload', async () => {
  const failing = cluster.sql(
    `SELECT CASE WHEN i = 999999 THEN error('stop') ELSE i END AS i FROM range(1000000) t(i)`,
  );
  await assert.rejects(failing.write.parquet('s3://out/failed'));
  hostile.mischief = ({ method, path }) => (method === 'PUT' && path.includes('partNumber') ? 'refuse' : undefined);
  await assert.rejects(rows(0, 1000).write.parquet('s3://out/failed'), {
    code: 'PERMISSION_DENIED',
    message: /s3:\/\/out\/failed\/part-/,
  });
  hostile.mischief = () => undefined;
  assert.deepEqual(await keys('failed'), []);
  await assertNoUploads();
});

test('answers to completions and to the ledger are lost: the rows are there once', async () => {
  hostile.mischief = ({ method, path, before }) => {
    const isCommit = (method === 'POST' && path.includes('uploadId')) || (method === 'PUT' && path.includes('ledger'));
    return isCommit && before === 0 ? 'loseAnswer' : undefined;
  };
  await rows(0, 1000).write.parquet('s3://out/lost');
  assert.equal(await sumOf('s3://out/lost'), 499_500);
  await assertNoUploads();
});

test('readers see no load that is not committed', async () => {
  await rows(0, 10).write.parquet('s3://out/half');
  const [own = ''] = await keys('half/part-');
  const strange = own.replace(/part-(\d+)\.[^.]+\./, 'part-$1.job-other.');
  await store.put({ bucket: 'out', key: strange }, (await store.get({ bucket: 'out', key: own })) ?? Buffer.alloc(0));
  await store.put({ bucket: 'out', key: 'half/_sheaf/pending/job-other.json' }, Buffer.from('{}'));
  assert.equal(await sumOf('s3://out/half'), 45);
  assert.equal(await sumOf('s3://out/half/**/*.parquet'), 45);
});
