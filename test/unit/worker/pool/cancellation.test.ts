import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { interrupt } from '../../../../shared/duckdb/interrupt.ts';
import { Cancellation } from '../../../../worker/pool/cancellation.ts';
import { database } from '../../shared/duckdb/fixture.ts';

const long = 'SELECT sum(a.i * b.i % 7) AS i FROM range(10000000) a(i), range(100000) b(i)';
const short = 'SELECT 1 AS i';

/** A thread and what it says, in order. */
function startThread(): { worker: Worker; message: () => Promise<unknown> } {
  const worker = new Worker(new URL('./cancellation-thread.ts', import.meta.url), { workerData: database.address });
  worker.unref(); // a failed test must not wait for it
  const heard: unknown[] = [];
  worker.on('message', (message) => heard.push(message));
  const message = async (): Promise<unknown> => {
    while (heard.length === 0) await pause(2);
    return heard.shift();
  };
  return { worker, message };
}

async function cancelUntil(cancellation: Cancellation, done: Promise<unknown>): Promise<unknown> {
  const timer = setInterval(() => cancellation.interrupt(interrupt), 5);
  try {
    cancellation.request();
    return await done;
  } finally {
    clearInterval(timer);
  }
}

test('a running query is interrupted, the outer one and the one that it reads; the next attempt is not', async () => {
  const { worker, message } = startThread();
  for (const [sql, inner] of [
    [long, short],
    ['SELECT sum(i) FROM source', long],
  ]) {
    const cancellation = new Cancellation();
    worker.postMessage({ cancellation: cancellation.buffer, sql, inner });
    assert.equal(await message(), 'started');
    await pause(20);
    assert.equal(await cancelUntil(cancellation, message()), 'CANCELLED');
    cancellation.interrupt(interrupt); // too late: its connections are closed
    worker.postMessage({ cancellation: new Cancellation().buffer, sql: 'SELECT sum(i) FROM source', inner: short });
    assert.deepEqual([await message(), await message()], ['started', 'done']);
  }
  worker.postMessage('close');
  await once(worker, 'exit');
});

test('an attempt that was cancelled before it began opens nothing', async () => {
  const { worker, message } = startThread();
  const cancellation = new Cancellation();
  cancellation.request();
  worker.postMessage({ cancellation: cancellation.buffer, sql: short, inner: short });
  assert.equal(await message(), 'CANCELLED');
  worker.postMessage('close');
  await once(worker, 'exit');
});

test('interrupts that meet connections opening and closing harm none', async () => {
  const { worker, message } = startThread();
  for (let attempt = 0; attempt < 60; attempt++) {
    const cancellation = new Cancellation();
    const timer = setInterval(() => cancellation.interrupt(interrupt), 1);
    worker.postMessage({
      cancellation: cancellation.buffer,
      sql: 'SELECT count(*) FROM range(20000), source',
      inner: short,
    });
    let answer = await message();
    if (answer === 'started') answer = await message();
    clearInterval(timer);
    assert.ok(answer === 'done' || answer === 'CANCELLED', String(answer));
  }
  worker.postMessage('close');
  await once(worker, 'exit');
});
