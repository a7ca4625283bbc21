import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Canceller } from '../../../../shared/duckdb/cancel.ts';
import { database } from './fixture.ts';

const long = 'SELECT sum(a.i * b.i % 7) AS i FROM range(10000000) a(i), range(100000) b(i)';
const short = 'SELECT 1 AS i';

test('a running query is cancelled, in the outer and in an inner connection; the next task is not', async () => {
  const worker = new Worker(new URL('./cancel-thread.ts', import.meta.url), { workerData: database.address });
  const heard: unknown[] = [];
  const waiting: ((message: unknown) => void)[] = [];
  worker.on('message', (message) => {
    const next = waiting.shift();
    if (next === undefined) heard.push(message);
    else next(message);
  });
  const message = async (): Promise<unknown> =>
    heard.length > 0 ? heard.shift() : await new Promise((resolve) => waiting.push(resolve));
  const canceller = new Canceller((await message()) as SharedArrayBuffer, 5);

  worker.postMessage({ task: 1, sql: long, inner: short });
  assert.equal(await message(), 'started');
  await sleep(20);
  await canceller.cancel(1);
  assert.equal(await message(), 'CANCELLED');

  worker.postMessage({ task: 2, sql: 'SELECT sum(i) FROM source', inner: long });
  assert.equal(await message(), 'started');
  await sleep(20);
  await canceller.cancel(2);
  assert.equal(await message(), 'CANCELLED');

  await canceller.cancel(2); // too late: it has ended
  worker.postMessage({ task: 3, sql: 'SELECT sum(i) FROM source', inner: short });
  assert.equal(await message(), 'started');
  assert.equal(await message(), 'done');

  await canceller.cancel(4); // too early: it begins later, and does not run
  worker.postMessage({ task: 4, sql: short, inner: short });
  assert.equal(await message(), 'CANCELLED');
  worker.postMessage({ task: 5, sql: short, inner: short });
  assert.equal(await message(), 'started');
  assert.equal(await message(), 'done');

  worker.postMessage('close');
  await once(worker, 'exit');
});

test('cancelling while tasks come and go cancels only what was meant', async () => {
  const worker = new Worker(new URL('./cancel-thread.ts', import.meta.url), { workerData: database.address });
  const answers: string[] = [];
  const [shared] = (await once(worker, 'message')) as [SharedArrayBuffer];
  const canceller = new Canceller(shared, 1);
  worker.on('message', (message: string) => message !== 'started' && answers.push(message));
  for (let task = 1; task <= 200; task++) {
    worker.postMessage({ task, sql: 'SELECT count(*) FROM range(20000) t(i), source', inner: short });
    if (task % 2 === 0) void canceller.cancel(task);
    if (task % 20 === 0) await sleep(2);
  }
  worker.postMessage('close');
  await once(worker, 'exit');
  assert.equal(answers.length, 200);
  assert.ok(
    answers.every((answer, i) => answer === 'done' || (i + 1) % 2 === 0),
    answers.join(),
  );
});
