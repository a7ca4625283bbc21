/** What we need of a server of the S3 protocol: run against the one that our other tests use. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { ObjectStore } from '../../../connectors/s3/store.ts';
import { loadConfig } from '../../../shared/config/config.ts';
import { startS3, type TestS3 } from '../../support/servers/s3.ts';

const bucket = 'conformance';
let s3: TestS3;
let store: ObjectStore;

before(async () => {
  s3 = await startS3();
  await s3.createBucket(bucket);
  store = await ObjectStore.open(s3.options, loadConfig());
});
after(() => s3[Symbol.asyncDispose]());

const at = (key: string) => ({ bucket, key });

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

test('an object is what was written, in whole and in ranges', async () => {
  const body = randomBytes(300_000);
  const etag = await store.put(at('plain/a b+ü&=.bin'), body);
  const seen = await store.head(at('plain/a b+ü&=.bin'));
  assert.equal(seen?.sizeBytes, body.length);
  assert.equal(seen?.etag, etag);
  assert.ok(Math.abs((seen?.modifiedMs ?? 0) - Date.now()) < 120_000);
  for (const [from, to] of [
    [0, 300_000],
    [0, 1],
    [299_999, 300_000],
    [1000, 200_001],
  ] as const)
    assert.deepEqual(await bytesOf(store.read(at('plain/a b+ü&=.bin'), from, to, etag)), body.subarray(from, to));
  assert.deepEqual(await store.get(at('plain/a b+ü&=.bin')), body);
  assert.equal(await store.head(at('plain/none')), undefined);
  assert.equal(await store.get(at('plain/none')), undefined);
});

test('a read of an object that was replaced is refused', async () => {
  const etag = await store.put(at('replaced'), Buffer.from('first'));
  await store.put(at('replaced'), Buffer.from('other'));
  await assert.rejects(bytesOf(store.read(at('replaced'), 0, 5, etag)), {
    code: 'FILE_CHANGED',
    message: /s3:\/\/conformance\/replaced/,
  });
});

test('of many conditional writes one succeeds', async () => {
  const tries = Array.from({ length: 12 }, (_, i) => store.putIfAbsent(at('once'), Buffer.from(`writer ${i}`)));
  const results = await Promise.all(tries);
  assert.equal(results.filter(Boolean).length, 1);
  assert.equal((await store.get(at('once')))?.toString(), `writer ${results.indexOf(true)}`);
});

test('a listing is paged, ordered, and below its prefix only', async () => {
  const keys = Array.from({ length: 1_205 }, (_, i) => `many/${String(i).padStart(5, '0')}`);
  const queue = [...keys];
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let key = queue.pop(); key !== undefined; key = queue.pop()) await store.put(at(key), Buffer.from('x'));
    }),
  );
  await store.put(at('manyother'), Buffer.from('x'));
  assert.deepEqual(
    (await collect(store.list(bucket, 'many/'))).map(({ key }) => key),
    keys,
  );
  const later = await collect(store.list(bucket, 'many/', undefined, 'many/01199'));
  assert.deepEqual(
    later.map(({ key }) => key),
    keys.slice(1_200),
  );
});

test('an upload is seen when it is completed, and not before; an aborted one never', async () => {
  const parts = [randomBytes(5 * 2 ** 20), randomBytes(100_000)];
  const upload = await store.uploads.begin(at('parts/whole'));
  const sent = await Promise.all(parts.map((part, i) => store.uploads.part(at('parts/whole'), upload, i + 1, part)));
  assert.equal(await store.head(at('parts/whole')), undefined);
  assert.deepEqual(await collect(store.list(bucket, 'parts/')), []);
  const open = await collect(store.uploads.list(bucket, 'parts/'));
  assert.deepEqual(
    open.map((each) => [each.key, each.upload]),
    [['parts/whole', upload]],
  );
  assert.deepEqual(await store.uploads.parts(at('parts/whole'), upload), sent);
  await store.uploads.complete(at('parts/whole'), upload, sent);
  assert.deepEqual(await store.get(at('parts/whole')), Buffer.concat(parts));
  assert.equal(await store.uploads.isComplete(at('parts/whole'), sent), true);
  assert.equal(await store.uploads.isComplete(at('parts/whole'), sent.slice(0, 1)), false);
  assert.equal(await store.uploads.parts(at('parts/whole'), upload), undefined);

  const other = await store.uploads.begin(at('parts/other'));
  await store.uploads.part(at('parts/other'), other, 1, Buffer.from('short'));
  await store.uploads.abort(at('parts/other'), other);
  await store.uploads.abort(at('parts/other'), other);
  assert.deepEqual(await collect(store.uploads.list(bucket, 'parts/')), []);
  assert.equal(await store.head(at('parts/other')), undefined);
});

test('what was deleted is gone, and may be deleted again', async () => {
  await store.put(at('gone'), Buffer.from('x'));
  await store.delete(at('gone'));
  await store.delete(at('gone'));
  assert.equal(await store.head(at('gone')), undefined);
});

test('errors name bucket and key', async () => {
  await assert.rejects(collect(store.list('nobucket', 'x/')), {
    code: 'FILE_NOT_FOUND',
    message: /s3:\/\/nobucket\/x\//,
  });
});
