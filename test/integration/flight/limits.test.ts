import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { SheafError } from '../../../shared/errors.ts';
import { produce, pull, setUp, ticketOf } from '../../support/exchange/flight.ts';

test('slow readers: the server reads no further ahead than a few messages of each', async () => {
  let readBytes = 0;
  const narrow = { rpcWindowBytes: 64 * 1024, fetchReaderBytesMax: 64 * 1024 };
  await using scope = await setUp(narrow, (source) => ({
    async open(owner) {
      const file = await source.open(owner);
      const read = (...[segment, metadata, body]: Parameters<typeof file.read>) => {
        readBytes += body.length;
        return file.read(segment, metadata, body);
      };
      return { index: file.index, read, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
    },
  }));
  const messageBytes = 512 * 1024;
  produce(scope.root, 8, messageBytes / 8);
  const pulls = Array.from({ length: 8 }, () => scope.client.doGet(scope.address, ticketOf(1)));
  for (const frames of pulls) await frames.next();
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(
    readBytes <= pulls.length * 5 * messageBytes,
    `${readBytes / messageBytes} of ${8 * 24} messages were read`,
  );
  const counts = pulls.map(async (frames) => {
    let batches = 0;
    for await (const _ of frames) batches += 1;
    return batches;
  });
  assert.deepEqual(await Promise.all(counts), Array(8).fill(24));
});

test('a reader that stalls loses its stream, and may resume', async () => {
  let opened = 0;
  const limits = { rpcWindowBytes: 64 * 1024, fetchReaderBytesMax: 64 * 1024, flightStallMs: 150 };
  await using scope = await setUp(limits, (source) => ({
    open(owner) {
      opened += 1;
      return source.open(owner);
    },
  }));
  produce(scope.root, 8, 64 * 1024);
  let batches = 0;
  for await (const frame of scope.client.doGet(scope.address, ticketOf(1))) {
    if (frame.kind === 'schema') await new Promise((resolve) => setTimeout(resolve, 600));
    else batches += 1;
  }
  assert.equal(batches, 24);
  assert.ok(opened > 3, 'a file was opened again');
});

test('leaving the loop or aborting ends the pull at both ends', async () => {
  let open = 0;
  await using scope = await setUp({ rpcWindowBytes: 64 * 1024, fetchReaderBytesMax: 64 * 1024 }, (source) => ({
    async open(owner) {
      const file = await source.open(owner);
      open += 1;
      return {
        index: file.index,
        read: (...args) => file.read(...args),
        async [Symbol.asyncDispose]() {
          open -= 1;
          await file[Symbol.asyncDispose]();
        },
      };
    },
  }));
  produce(scope.root, 8, 64 * 1024);
  for await (const _ of scope.client.doGet(scope.address, ticketOf(1))) break;
  const controller = new AbortController();
  const aborted = (async () => {
    for await (const _ of scope.client.doGet(scope.address, ticketOf(1), { signal: controller.signal }))
      controller.abort();
  })();
  await assert.rejects(aborted, { code: 'CANCELLED' });
  for (let i = 0; i < 100 && open > 0; i++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(open, 0);
});

test('a huge ticket is refused, a crowd waits, a larger one is turned away', async () => {
  const { promise: admitted, resolve: admit } = Promise.withResolvers<void>();
  const limits = { flightStreamsMax: 1, flightWaitingMax: 2, fetchRetriesMax: 0 };
  await using scope = await setUp(limits, (source) => ({ open: (owner) => admitted.then(() => source.open(owner)) }));
  produce(scope.root, 1, 10);
  const raw = new Client(scope.address, credentials.createInsecure());
  const path = '/arrow.flight.protocol.FlightService/DoGet';
  const same = (bytes: Buffer) => bytes;
  const call = raw.makeServerStreamRequest(path, same, same, Buffer.alloc(2 << 20), new Metadata());
  const refused = await new Promise<{ code: number }>((resolve) => call.on('error', resolve).resume());
  assert.equal(refused.code, 8);
  raw.close();
  let refusals = 0;
  const pulls = Array.from({ length: 5 }, () =>
    pull(scope.client, scope.address, ticketOf(1)).catch((error: SheafError) => {
      refusals += 1;
      if (refusals === 2) admit();
      return error.code;
    }),
  );
  const outcomes = await Promise.all(pulls);
  assert.equal(outcomes.filter((outcome) => Array.isArray(outcome)).length, 3);
  assert.equal(outcomes.filter((outcome) => outcome === 'QUOTA_EXCEEDED').length, 2);
});
