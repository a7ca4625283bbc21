/** Object storage that is busy, cuts connections and loses answers: a proxy of ours before a real server. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { ObjectStore } from '../../../connectors/s3/store.ts';
import { loadConfig } from '../../../shared/config/config.ts';
import { type HostileS3, startHostileS3 } from '../../support/servers/hostile-s3.ts';
import { startS3, type TestS3 } from '../../support/servers/s3.ts';

const bucket = 'faults';
const config = loadConfig({}, { objectRetryDelayMs: 1, objectRetryDelayMsMax: 5, objectAttemptsMax: 4 });
let s3: TestS3;
let hostile: HostileS3;
let store: ObjectStore;

before(async () => {
  s3 = await startS3();
  await s3.createBucket(bucket);
  hostile = await startHostileS3(s3.options.endpoint);
  store = await ObjectStore.open({ ...s3.options, endpoint: hostile.endpoint }, config);
});
after(async () => {
  await hostile[Symbol.asyncDispose]();
  await s3[Symbol.asyncDispose]();
});
afterEach(() => {
  hostile.mischief = () => undefined;
});

const at = (key: string) => ({ bucket, key });

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

test('busy answers and cut connections are tried again, so often and no more', async () => {
  hostile.mischief = ({ before }) => (before === 0 ? 'busy' : before === 1 ? 'cut' : undefined);
  await store.put(at('stubborn'), Buffer.from('here'));
  assert.equal((await store.head(at('stubborn')))?.sizeBytes, 4);
  hostile.mischief = () => 'busy';
  hostile.seen.length = 0;
  await assert.rejects(store.put(at('never'), Buffer.from('x')), {
    code: 'UNREACHABLE',
    retryable: true,
    message: /s3:\/\/faults\/never/,
  });
  assert.equal(hostile.seen.length, config.objectAttemptsMax);
});

test('what will not pass is not tried again', async () => {
  hostile.mischief = () => 'refuse';
  hostile.seen.length = 0;
  await assert.rejects(store.put(at('secret'), Buffer.from('x')), {
    code: 'PERMISSION_DENIED',
    message: /s3:\/\/faults\/secret.*AccessDenied/,
  });
  assert.equal(hostile.seen.length, 1);
});

test('a read that is cut again and again goes on where it was cut', async () => {
  const body = randomBytes(2_000_000);
  await store.put(at('large'), body);
  let cuts = 0;
  // More often than attempts are allowed: each moves on.
  hostile.mischief = ({ method }) => (method === 'GET' && cuts++ < 9 ? 'half' : undefined);
  assert.deepEqual(await bytesOf(store.read(at('large'), 5, 1_999_990, undefined)), body.subarray(5, 1_999_990));
  assert.equal(cuts, 10);
});

test('an object that is replaced while it is read is refused, not mixed', async () => {
  const first = randomBytes(1_000_000);
  const etag = await store.put(at('moving'), first);
  hostile.mischief = ({ method, range }) => (method === 'GET' && range === 'bytes=0-999999' ? 'half' : undefined);
  const read = async () => {
    for await (const _ of store.read(at('moving'), 0, 1_000_000, etag))
      await store.put(at('moving'), Buffer.alloc(1_000_000));
  };
  await assert.rejects(read, { code: 'FILE_CHANGED' });
});

test('the answer to a conditional write is lost: the writer knows its own, and others know that it is not theirs', async () => {
  hostile.mischief = ({ method, before }) => (method === 'PUT' && before === 0 ? 'loseAnswer' : undefined);
  assert.equal(await store.putIfAbsent(at('ledger/1'), Buffer.from('mine')), true);
  assert.equal(await store.putIfAbsent(at('ledger/1'), Buffer.from('yours')), false);
  assert.equal(await store.putIfAbsent(at('ledger/1'), Buffer.from('mine')), false);
  assert.equal((await store.get(at('ledger/1')))?.toString(), 'mine');
});

test('the answer to the completion of an upload is lost: it is done, once', async () => {
  const body = randomBytes(100_000);
  const upload = await store.uploads.begin(at('lost'));
  const part = await store.uploads.part(at('lost'), upload, 1, body);
  hostile.mischief = ({ method, path, before }) =>
    method === 'POST' && path.includes('uploadId') && before === 0 ? 'loseAnswer' : undefined;
  await store.uploads.complete(at('lost'), upload, [part]);
  await store.uploads.complete(at('lost'), upload, [part]);
  assert.deepEqual(await store.get(at('lost')), body);
});

test('an upload that is gone without its object is told', async () => {
  const upload = await store.uploads.begin(at('aborted'));
  const part = await store.uploads.part(at('aborted'), upload, 1, Buffer.from('x'));
  await store.uploads.abort(at('aborted'), upload);
  await assert.rejects(store.uploads.complete(at('aborted'), upload, [part]), {
    code: 'FILE_NOT_FOUND',
    message: /s3:\/\/faults\/aborted/,
  });
});

test('no error holds a secret', async () => {
  const wrong = await ObjectStore.open({ ...s3.options, secretAccessKey: 'wrongsecretvalue' }, config);
  const failed = await wrong.head(at('stubborn')).then(
    () => assert.fail('it was let in'),
    (error: unknown) => error as Error,
  );
  assert.equal((failed as Error & { code: string }).code, 'PERMISSION_DENIED');
  assert.doesNotMatch(`${failed.message}${JSON.stringify(failed)}`, /wrongsecretvalue|testsecretvalue|Signature=/);
});

test('an aborted read ends at once', async () => {
  hostile.mischief = () => 'cut';
  const slow = await ObjectStore.open(
    { ...s3.options, endpoint: hostile.endpoint },
    loadConfig({}, { objectRetryDelayMs: 60_000, objectRetryDelayMsMax: 600_000 }),
  );
  await assert.rejects(slow.head(at('x'), AbortSignal.timeout(100)), { name: /AbortError|TimeoutError/ });
});
