import assert from 'node:assert/strict';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { SheafError } from '../../../shared/errors.ts';
import { ByteBudget } from '../../../shared/flight/byte-budget.ts';
import { FlightClient } from '../../../shared/flight/client.ts';
import { flightContract } from '../../../shared/flight/contract.ts';
import { framesOf } from '../../../shared/flight/pull.ts';
import { decodeTicket } from '../../../shared/flight/read-ticket.ts';
import { FileSource } from '../../../shared/flight/source.ts';
import { implement } from '../../../shared/rpc/handlers.ts';
import { startServer } from '../../../shared/rpc/server.ts';
import { breakingProxy, produce, pull, setUp, ticketOf } from '../../support/exchange/flight.ts';

test('a missing, cut or damaged file is an error that names the part', async () => {
  await using scope = await setUp();
  const expected = (code: string) => (error: SheafError) => {
    assert.equal(error.code, code);
    assert.equal(error.details?.part, 1);
    return true;
  };
  const [, second = ''] = produce(scope.root, 3, 1000);
  const bytes = readFileSync(second);
  for (const at of [8, 12, 16, 100, 8000, bytes.length - 1]) {
    const bad = Buffer.from(bytes);
    bad[at] = (bad[at] ?? 0) ^ 4;
    writeFileSync(second, bad);
    await assert.rejects(pull(scope.client, scope.address, ticketOf(1)), expected('FILE_CORRUPT'), `byte ${at}`);
  }
  truncateSync(second, bytes.length - 1);
  await assert.rejects(pull(scope.client, scope.address, ticketOf(1)), expected('FILE_CORRUPT'));
  rmSync(second);
  await assert.rejects(pull(scope.client, scope.address, ticketOf(1)), expected('FILE_NOT_FOUND'));
});

test('a server that ends its stream well, but early: an error', async () => {
  await using scope = await setUp();
  produce(scope.root, 1, 10);
  const source = new FileSource(scope.root, 1);
  const honest = implement(flightContract(), {
    doAction: () => assert.fail('nobody asked'),
    listActions: () => assert.fail('nobody asked'),
    async *doGet({ ticket }, { signal }) {
      const frames = framesOf(decodeTicket(ticket, 10), { source, budget: new ByteBudget(1e9), signal });
      for (let sent = 0; sent < left; sent++) yield (await frames.next()).value as Buffer;
      await frames.return(undefined);
    },
  });
  const server = await startServer({ services: [honest], config: scope.config });
  await using _closed = { [Symbol.asyncDispose]: () => server.close(0) };
  let left = 5;
  assert.equal((await pull(scope.client, server.address, ticketOf(1))).length, 3, 'schema, three batches, end');
  for (left = 4; left >= 0; left--) {
    await assert.rejects(pull(scope.client, server.address, ticketOf(1)), { code: 'FILE_CORRUPT' }, `${left} frames`);
  }
});

test('a connection that breaks again and again: the pull goes on where it stopped', async () => {
  await using scope = await setUp();
  produce(scope.root, 40, 4000);
  // 1. A proxy breaks each connection after 300,000 bytes. 2. Each try brings some of the 3.8 MB. 3. All arrives once.
  await using proxy = await breakingProxy(scope.address, 300_000);
  const batches = await pull(scope.client, proxy.address, ticketOf(1));
  assert.deepEqual(
    batches.map(({ part, seq }) => [part, seq]),
    [0, 1, 2].flatMap((part) => Array.from({ length: 40 }, (_, seq) => [part, seq])),
  );
  assert.ok(proxy.connections() > 5, `${proxy.connections()} connections`);
});

test('a stream cut at any byte is an error, never a short result', async () => {
  await using scope = await setUp({ fetchRetriesMax: 0 });
  produce(scope.root, 2, 50);
  await using open = await breakingProxy(scope.address, Number.POSITIVE_INFINITY);
  const whole = await pull(scope.client, open.address, ticketOf(1));
  const total = open.bytes();
  let cut = 0;
  for (let bytes = 0; bytes < total + 100; bytes += 37) {
    await using proxy = await breakingProxy(scope.address, bytes);
    using client = new FlightClient({ config: scope.config });
    const pulled = await pull(client, proxy.address, ticketOf(1)).catch((error: SheafError) => error);
    if (pulled instanceof Error) cut += 1;
    else assert.equal(pulled.length, whole.length, `cut at ${bytes} of ${total}`);
  }
  assert.ok(cut > 20, `${cut} were cut`);
});
