import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, credentials } from '@grpc/grpc-js';
import { ExchangeWriter } from '../../../shared/exchange/writer.ts';
import { FlightClient } from '../../../shared/flight/client.ts';
import { version } from '../../../shared/version.ts';
import { batchOf, schema } from '../../support/exchange/exchange.ts';
import { produce, pull, setUp, ticketOf } from '../../support/exchange/flight.ts';

test('one pull brings the parts of many attempts in their order', async () => {
  await using scope = await setUp();
  produce(scope.root, 2, 100);
  const frames = [];
  for await (const frame of scope.client.doGet(scope.address, ticketOf(1, [2, 0]))) frames.push(frame);
  assert.deepEqual(
    frames.map((frame) =>
      frame.kind === 'schema' ? Uint8Array.from(frame.schema) : [frame.part, frame.seq, frame.rows],
    ),
    [schema, [0, 0, 100], [0, 1, 100], [1, 0, 100], [1, 1, 100]],
  );
  const last = frames.at(-1);
  assert.ok(last?.kind === 'batch' && last.body.byteOffset % 8 === 0, 'aligned without a copy');
  assert.deepEqual(await pull(scope.client, scope.address, ticketOf(0)), []);
});

test('a range of a dataset', async () => {
  await using scope = await setUp();
  const owner = { kind: 'dataset', dataset: 'd1' } as const;
  using writer = new ExchangeWriter({ root: scope.root, owner, partitions: 1, schema, limits: scope.config });
  for (let i = 1; i <= 5; i++) writer.write(0, batchOf(Array(i).fill(i)));
  writer.commit();
  const ticket = { kind: 'dataset', dataset: 'd1', from: 2, to: 4 } as const;
  assert.deepEqual(
    (await pull(scope.client, scope.address, ticket)).map(({ seq, rows }) => [seq, rows]),
    [
      [0, 3],
      [1, 4],
    ],
  );
  await assert.rejects(pull(scope.client, scope.address, { ...ticket, to: 6 }), { code: 'FILE_NOT_FOUND' });
});

test('who is there: a ping names the version, nobody is UNREACHABLE', async () => {
  await using scope = await setUp();
  assert.deepEqual(await scope.client.ping(scope.address), { version });
  const closed = await setUp();
  await closed[Symbol.asyncDispose]();
  await assert.rejects(scope.client.ping(closed.address), { code: 'UNREACHABLE' });
});

test('without the token nothing is served', async () => {
  await using scope = await setUp({}, undefined, 'a-token-of-the-cluster');
  produce(scope.root, 1, 1);
  assert.equal((await pull(scope.client, scope.address, ticketOf(1))).length, 3);
  for (const token of [undefined, 'a-token-of-another-one']) {
    using client = new FlightClient({ config: scope.config, token });
    await assert.rejects(pull(client, scope.address, ticketOf(1)), { code: 'UNAUTHENTICATED' });
    await assert.rejects(client.ping(scope.address), { code: 'UNAUTHENTICATED' });
  }
});

test('what is not served says so', async () => {
  await using scope = await setUp();
  const raw = new Client(scope.address, credentials.createInsecure());
  const same = (bytes: Buffer) => bytes;
  const path = '/arrow.flight.protocol.FlightService/GetFlightInfo';
  const error = await new Promise<{ code: number } | null>((resolve) =>
    raw.makeUnaryRequest(path, same, same, Buffer.alloc(0), resolve),
  );
  assert.equal(error?.code, 12);
  raw.close();
});
