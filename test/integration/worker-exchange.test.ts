import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Config, loadConfig } from '../../shared/config/config.ts';
import type { SheafError } from '../../shared/errors.ts';
import { fetchFailureOf } from '../../shared/exchange/fetch-failed.ts';
import { readParts } from '../../shared/exchange/local-parts.ts';
import { DiskQuota } from '../../shared/exchange/quota.ts';
import { ExchangeWriter } from '../../shared/exchange/writer.ts';
import { stageId, workerId } from '../../shared/ids.ts';
import type { ExchangePart } from '../../shared/stage/exchange-part.ts';
import type { PartitionSize } from '../../shared/stage/task.ts';
import { Exchange } from '../../worker/exchange/exchange.ts';
import type { BulkStats } from '../../worker/exchange/protocol.ts';
import { attempt, batchOf, folder, job, limits, schema, valuesOf } from '../support/exchange/exchange.ts';
import { breakingProxy } from '../support/exchange/flight.ts';

const here = workerId('here');
const there = workerId('there');
const serverProgram = new URL('../support/processes/exchange-server.ts', import.meta.url).pathname;

interface Setup extends AsyncDisposable {
  readonly root: string;
  readonly exchange: Exchange;
  /** The other worker: its root, process, and address. */
  readonly other: { readonly root: string; readonly process: ChildProcess; readonly address: string };
  /** Files in this worker's root. */
  readonly files: () => string[];
}

async function setUp(over: Partial<Config> = {}, token?: string, signed = 'unsigned'): Promise<Setup> {
  const [mine, theirs] = [folder(), folder()];
  const config = loadConfig({}, { fetchBackoffMs: 1, fetchRetriesMax: 1, ...over });
  const exchange = await Exchange.start({ root: mine.path, worker: here, config });
  const child = spawn(process.execPath, [serverProgram, theirs.path, signed, ...(token ? [token] : [])], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  return {
    root: mine.path,
    exchange,
    other: { root: theirs.path, process: child, address: String(line).trim() },
    files: () =>
      readdirSync(mine.path, { recursive: true })
        .map(String)
        .filter((name) => name.includes('.')),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exchange.close();
      mine[Symbol.dispose]();
      theirs[Symbol.dispose]();
    },
  };
}

/** Writes a task's file of so many batches in partition 0, whose values begin at `1000 × task`. */
function produce(root: string, task: number, batches = 1, rows = 10, quota = new DiskQuota(1e9)): PartitionSize {
  using writer = new ExchangeWriter({ root, owner: attempt(task), partitions: 1, schema, limits, quota });
  for (let i = 0; i < batches; i++)
    writer.write(0, batchOf(Array.from({ length: rows }, (_, row) => 1000 * task + row)));
  return writer.commit()[0] ?? { rows: 0, bytes: 0 };
}

const part = (
  task: number,
  worker: typeof here,
  address: string,
  size: { rows: number; bytes: number },
): ExchangePart => ({
  stage: stageId(0),
  task,
  attempt: 0,
  partition: 0,
  worker,
  address,
  ...size,
});

/** Parts of tasks 0 (there), 1 (here), 2 (there, empty), 3 (there). */
function mixedParts({ root, other, exchange }: Setup, batches = 1, rows = 10): ExchangePart[] {
  return [there, here, there, there].map((worker, task) => {
    const [folder, quota] = worker === here ? [root, exchange.quota] : [other.root];
    return part(task, worker, other.address, produce(folder, task, batches, task === 2 ? 0 : rows, quota));
  });
}

/** Releases are told, not awaited: waits until so many are held and the rest is gone. */
async function settled({ exchange }: Setup, diskBytes: number): Promise<BulkStats> {
  for (let tries = 0; tries < 200; tries++) {
    const stats = await exchange.stats();
    if (stats.held === 0 && stats.diskBytes === diskBytes) return stats;
    await new Promise((next) => setTimeout(next, 10));
  }
  return assert.fail(`still held: ${JSON.stringify(await exchange.stats())}`);
}

test('parts of both workers are read in producer order, and the spool goes on release', async () => {
  await using scope = await setUp();
  const parts = mixedParts(scope, 3);
  {
    using fetched = await scope.exchange.fetch(job, parts);
    assert.deepEqual(
      fetched.parts.map(({ producer }) => producer?.task),
      [0, 1, 3],
    );
    const firsts = Array.from(readParts(structuredClone(fetched.parts)), (batch) => valuesOf(batch)[0]);
    assert.deepEqual(firsts, [0, 0, 0, 1000, 1000, 1000, 3000, 3000, 3000]);
    assert.equal(scope.files().length, 2);
    const stats = await scope.exchange.stats();
    assert.deepEqual([stats.pulls, stats.held], [1, 1], 'one pull for all parts of an address');
    assert.ok(stats.fetchedBytes > 0 && stats.diskBytes > stats.fetchedBytes);
  }
  const [file = ''] = scope.files().filter((name) => !name.includes('spool'));
  await settled(scope, statSync(join(scope.root, file)).size);
  assert.deepEqual(scope.files(), ['job-1/0-1-0.exchange']);
  using local = await scope.exchange.fetch(job, [parts[1] as ExchangePart]);
  assert.equal(local.parts[0]?.path, join(scope.root, 'job-1/0-1-0.exchange'));
});

test('files of another worker that can be opened are read where they lie', async () => {
  await using scope = await setUp({}, undefined, 'signed');
  const parts = mixedParts(scope, 3);
  for (const shared of [false, true]) {
    using fetched = await scope.exchange.fetch(job, parts, { shared });
    const paths = [0, 1, 3].map((task) =>
      join(task === 1 ? scope.root : scope.other.root, `job-1/0-${task}-0.exchange`),
    );
    assert.deepEqual(
      fetched.parts.map(({ path }) => path),
      paths,
    );
    const firsts = Array.from(readParts(fetched.parts), (batch) => valuesOf(batch)[0]);
    assert.deepEqual(firsts, [0, 0, 0, 1000, 1000, 1000, 3000, 3000, 3000]);
  }
  assert.equal((await scope.exchange.stats()).pulls, 0);
  assert.deepEqual(scope.files(), ['job-1/0-1-0.exchange']);
});

test('files that only seem to be those of the other worker, or are not wanted, are pulled', async () => {
  await using elsewhere = await setUp({}, undefined, 'signed');
  writeFileSync(join(elsewhere.other.root, 'sign'), 'of a worker in another container');
  await using switchedOff = await setUp({ fetchRootAskMs: 0 }, undefined, 'signed');
  for (const scope of [elsewhere, switchedOff]) {
    using fetched = await scope.exchange.fetch(job, mixedParts(scope));
    assert.equal([...readParts(fetched.parts)].length, 3);
    assert.equal((await scope.exchange.stats()).pulls, 1);
  }
});

test('what is not where it was said to be is asked of its worker: it is another one by now, or has lost it', async () => {
  await using scope = await setUp({}, undefined, 'signed');
  const [first, , , last] = mixedParts(scope) as [ExchangePart, ExchangePart, ExchangePart, ExchangePart];
  rmSync(join(scope.other.root, 'job-1/0-3-0.exchange'));
  const failure = await scope.exchange.fetch(job, [first, last]).then(
    () => assert.fail('it was fetched'),
    (error: SheafError) => fetchFailureOf(error),
  );
  assert.deepEqual(failure?.producer, { stage: 0, task: 3, attempt: 0, worker: there });
  assert.equal(failure?.error.details?.because, 'FILE_NOT_FOUND');
});

test('some rows of a part: only the batches that hold them are fetched, and only they are read', async () => {
  await using scope = await setUp();
  const size = produce(scope.other.root, 0, 8, 1000);
  const whole = part(0, there, scope.other.address, size);
  using all = await scope.exchange.fetch(job, [whole]);
  const values = [...readParts(all.parts)].flatMap(valuesOf);
  const { fetchedBytes } = await scope.exchange.stats();
  const ranges = [
    [0, 2500],
    [2500, 2500],
    [5000, 3000],
  ] as const;
  const parts = ranges.map(([firstRow, rows]) => ({ ...whole, firstRow, rows }));
  using some = await scope.exchange.fetch(job, parts);
  const read = some.parts.map((each) => [...readParts([structuredClone(each)])].flatMap(valuesOf));
  assert.deepEqual(
    read,
    ranges.map(([firstRow, rows]) => values.slice(firstRow, firstRow + rows)),
  );
  // 3, 3 and 3 of the 8 batches hold some of the rows.
  assert.equal((await scope.exchange.stats()).fetchedBytes - fetchedBytes, (fetchedBytes / 8) * 9);
  using beyond = await scope.exchange.fetch(job, [{ ...whole, firstRow: 7000, rows: 1001 }]);
  assert.throws(() => [...readParts(beyond.parts)], { code: 'FETCH_FAILED' });
});

test('a broadcast is fetched once for all tasks of a worker, and stays until the job goes', async () => {
  await using scope = await setUp();
  const parts = mixedParts(scope);
  const fetches = [1, 2, 3].map(() => scope.exchange.fetch(job, parts, { shared: true }));
  for (const fetched of await Promise.all(fetches)) fetched[Symbol.dispose]();
  using again = await scope.exchange.fetch(job, parts, { shared: true });
  assert.equal([...readParts(again.parts)].length, 3);
  assert.equal((await scope.exchange.stats()).pulls, 1);
  await scope.exchange.dropJob(job);
  assert.deepEqual(scope.files(), []);
  assert.equal((await scope.exchange.stats()).diskBytes, 0);
});

test('a server killed in mid-pull: FETCH_FAILED naming a producer, no short result, no spool', async () => {
  for (const bytes of [0, 1_000, 100_000, 500_000, 1_500_000]) {
    await using scope = await setUp();
    const parts = mixedParts(scope, 8, 20_000);
    // 1. The proxy lets so many bytes pass. 2. The server is killed. 3. The connection ends. 4. Nobody answers again.
    await using proxy = await breakingProxy(scope.other.address, bytes, () => scope.other.process.kill('SIGKILL'));
    const fetching = scope.exchange.fetch(
      job,
      parts.map((each) => ({ ...each, address: proxy.address })),
    );
    const failure = fetchFailureOf(
      await fetching.then(
        () => assert.fail('it was fetched'),
        (error: SheafError) => error,
      ),
    );
    assert.equal(failure?.producer.worker, there);
    assert.ok([0, 3].includes(failure?.producer.task ?? -1));
    assert.deepEqual(scope.files(), ['job-1/0-1-0.exchange']);
  }
});

test('a missing file, a wrong count and a flipped byte name their producer', async () => {
  await using scope = await setUp();
  const parts = mixedParts(scope);
  const [first, , , last] = parts as [ExchangePart, ExchangePart, ExchangePart, ExchangePart];
  const failureOf = async (wanted: ExchangePart[]) =>
    fetchFailureOf(
      await scope.exchange.fetch(job, wanted).then(
        () => assert.fail('it was fetched'),
        (error) => error,
      ),
    );
  assert.equal((await failureOf([first, { ...last, rows: 11 }]))?.producer.task, 3);
  assert.equal((await failureOf([first, { ...last, attempt: 1 }]))?.producer.attempt, 1);
  const path = join(scope.other.root, 'job-1/0-3-0.exchange');
  const bytes = readFileSync(path);
  bytes[150] = (bytes[150] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  using fetched = await scope.exchange.fetch(job, parts);
  const read = (): unknown => Array.from(readParts(fetched.parts));
  let failure: ReturnType<typeof fetchFailureOf>;
  assert.throws(read, (error: SheafError) => {
    failure = fetchFailureOf(error);
    return true;
  });
  assert.deepEqual(failure?.producer, { stage: 0, task: 3, attempt: 0, worker: there });
  assert.equal(failure?.error.details?.because, 'FILE_CORRUPT');
});

test('a fetch that is cancelled leaves no spool; a full quota is not the producer’s fault', async () => {
  await using scope = await setUp({ exchangeDiskBytesMax: 2 ** 20 });
  const parts = mixedParts(scope, 1, 60_000);
  const controller = new AbortController();
  const fetching = scope.exchange.fetch(job, parts, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await assert.rejects(fetching, /enough/);
  const mine = statSync(join(scope.root, 'job-1/0-1-0.exchange')).size;
  await settled(scope, mine);
  await assert.rejects(scope.exchange.fetch(job, [...parts, ...parts]), { code: 'QUOTA_EXCEEDED' });
  assert.deepEqual(scope.files(), ['job-1/0-1-0.exchange']);
  await settled(scope, mine);
});

test('without the token a fetch is refused, which no re-run of its producers would help', async () => {
  await using scope = await setUp({}, 'a-token-of-the-cluster');
  await assert.rejects(scope.exchange.fetch(job, mixedParts(scope)), { code: 'UNAUTHENTICATED' });
});

test('segments of a dataset', async () => {
  await using scope = await setUp();
  const owner = { kind: 'dataset', dataset: 'd' } as const;
  using writer = new ExchangeWriter({ root: scope.other.root, owner, partitions: 1, schema, limits });
  for (let i = 0; i < 5; i++) writer.write(0, batchOf([i]));
  writer.commit();
  const range = { job, dataset: 'd', address: scope.other.address, segments: { from: 1, to: 3 } };
  using fetched = await scope.exchange.fetchDataset(range);
  assert.deepEqual(Array.from(readParts(fetched.parts), valuesOf), [[1], [2]]);
  await assert.rejects(scope.exchange.fetchDataset({ ...range, dataset: 'e' }), { code: 'FILE_NOT_FOUND' });
});

test('a job that is dropped takes its fetches with it', async () => {
  await using scope = await setUp({ fetchRetriesMax: 20, fetchBackoffMs: 1000 });
  const parts = mixedParts(scope).map((each) => ({ ...each, address: '127.0.0.1:1' }));
  const fetching = assert.rejects(scope.exchange.fetch(job, parts), { code: 'CANCELLED' });
  await scope.exchange.dropJob(job);
  await fetching;
  assert.deepEqual(scope.files(), []);
});
