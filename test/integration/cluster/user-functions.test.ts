import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Cluster } from '../../../client/index.ts';
import { Progress, TestCluster, until, withCluster } from '../../support/cluster/cluster.ts';
import * as functions from './functions.ts';

/** What functions of users may do to the thread, and the process, that runs them. */
const numbers = (client: Cluster, count = 1000) =>
  client.from(
    Array.from({ length: count }, (_, n) => ({ n })),
    { schema: { n: 'integer' } },
  );
const schema = { n: 'integer' } as const;

let cluster: TestCluster;
let client: Cluster;

before(async () => {
  cluster = await TestCluster.start({
    workers: 1,
    threads: 2,
    config: { taskRetryDelayMs: 10, threadHeapBytesMax: 128 * 2 ** 20 },
  });
  client = await cluster.connect();
});
after(() => cluster[Symbol.asyncDispose]());

/** The same worker process takes tasks on all of its slots. */
async function healthy(): Promise<void> {
  await until(async () => (await client.workers())[0]?.running === 0, 'the slots are free');
  const [worker] = await client.workers();
  assert.equal(worker?.pid, cluster.workers[0]?.pid);
  const both = [numbers(client), numbers(client)].map((rows) =>
    rows
      .map((row) => functions.plain(row), { schema })
      .agg({ sum: 'sum(n)::double' })
      .rows()
      .next(),
  );
  for (const { value } of await Promise.all(both)) assert.equal(value?.sum, 499_500);
}

const caught = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => assert.fail('it succeeded'),
    (thrown: Error & { code: string; next?: string; details?: Record<string, unknown> }) => thrown,
  );
  return error;
};

test('a function that loops: the deadline stops its thread, heartbeats go on, the slot works again', async () => {
  const job = numbers(client)
    .map(() => functions.looping(), { schema })
    .agg({ sum: 'sum(n)' }) // The function runs inside a scan of DuckDB's.
    .collect({ deadlineMs: 1500 });
  const heard = until(async () => (await client.workers())[0]?.running === 1, 'a heartbeat tells of the running task');
  const error = await caught(job);
  await heard;
  assert.equal(error.code, 'DEADLINE', error.message);
  await healthy();
});

test('a function that loops is cancelled by its caller', async () => {
  const stop = new AbortController();
  const progress = new Progress();
  const job = numbers(client)
    .map(() => functions.looping(), { schema })
    .collect({ signal: stop.signal, name: 'looping', onProgress: progress.onProgress });
  const refused = caught(job);
  await progress.reaches(({ stages }) => stages[0]?.running === 1, 'it runs');
  stop.abort();
  assert.equal((await refused).code, 'CANCELLED');
  await healthy();
  await until(
    async () => (await client.jobs()).some(({ name, state }) => name === 'looping' && state === 'cancelled'),
    'the job is cancelled',
  );
});

test('a function that exits its process ends its thread only, and the job says so', async () => {
  const error = await caught(
    numbers(client)
      .map(() => functions.exiting(), { schema })
      .collect(),
  );
  assert.equal(error.code, 'FUNCTION_THREW', error.message);
  assert.match(error.message, /user-functions.*ended its thread by process\.exit\(3\)/);
  await healthy();
});

test('a promise that a function leaves rejected behind fails the job by name', async () => {
  const error = await caught(
    numbers(client)
      .map((row) => functions.rejecting(row), { schema })
      .collect(),
  );
  assert.equal(error.code, 'FUNCTION_THREW', error.message);
  assert.match(error.message, /nothing catches it: Error: a promise that nobody handles/);
  await healthy();
});

test('an error thrown outside of any call fails the job by name', async () => {
  const error = await caught(
    numbers(client)
      .map((row) => functions.throwingLater(row), { schema })
      .collect(),
  );
  assert.equal(error.code, 'FUNCTION_THREW', error.message);
  assert.match(error.message, /nothing catches it: Error: out of the blue/);
  await healthy();
});

test('a function that fills its thread’s heap is tried again alone, and then a clear error', async () => {
  const error = await caught(
    numbers(client)
      .map((row) => functions.hoarding(row), { schema })
      .collect(),
  );

  assert.equal(error.code, 'OUT_OF_MEMORY', error.message);
  await healthy();
});

test('a function that throws: its stack, the row, the partition', async () => {
  const error = await caught(
    numbers(client)
      .map((row) => functions.refusing(row), { schema })
      .collect(),
  );
  assert.equal(error.code, 'FUNCTION_THREW', error.message);
  assert.match(error.message, /row 777 .*RangeError: cannot take 777/);
  assert.match(String(error.details?.stack), /at refusing .*functions\.ts/);
  assert.equal(error.details?.values, '{ n: 777 }');
  assert.equal(error.details?.partition, 0);
  await healthy();
});

test('a function that kills its process fails its job as POISON_TASK; the cluster works on', async () => {
  await withCluster({ workers: 3, threads: 1, config: { poisonDeathsMax: 2 } }, async (cluster, client) => {
    const error = await caught(
      numbers(client)
        .map((row) => functions.killing(row), { schema })
        .collect(),
    );
    assert.equal(error.code, 'POISON_TASK', error.message);
    assert.match(error.message, /on 2 workers as they died/);
    await cluster.joined(1);
    const { value } = await numbers(client).agg({ sum: 'sum(n)::double' }).rows().next();
    assert.equal(value?.sum, 499_500);
  });
});
