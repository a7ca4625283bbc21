import assert from 'node:assert/strict';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial, type Socket } from 'node:net';
import { test } from 'node:test';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { type Config, loadConfig } from '../../shared/config/config.ts';
import type { SheafError } from '../../shared/errors.ts';
import { ExchangeWriter } from '../../shared/exchange/writer.ts';
import { FlightClient } from '../../shared/flight/client.ts';
import type { FrameBatch } from '../../shared/flight/received.ts';
import { startFlightServer } from '../../shared/flight/server.ts';
import { FileSource, type SegmentSource } from '../../shared/flight/source.ts';
import type { Ticket } from '../../shared/flight/ticket.ts';
import { version } from '../../shared/version.ts';
import { attempt, batchOf, folder, job, schema } from '../support/exchange.ts';

const quick = { fetchBackoffMs: 1 };

/** Tasks 0 to 2, each with partition 0 empty and partition 1 of so many batches. */
function produce(root: string, batches: number, rows: number): string[] {
  return [0, 1, 2].map((task) => {
    using writer = new ExchangeWriter({ root, owner: attempt(task), partitions: 2, schema, limits: loadConfig() });
    const values = Array.from({ length: rows }, (_, i) => task * rows + i);
    for (let i = 0; i < batches; i++) writer.write(1, batchOf(values));
    writer.commit();
    return writer.path;
  });
}

const ticketOf = (partition: number, tasks = [0, 1, 2]): Ticket => ({
  kind: 'parts',
  job,
  parts: tasks.map((task) => ({ stage: 0, task, attempt: 0, partition })),
});

interface Setup extends AsyncDisposable {
  readonly root: string;
  readonly address: string;
  readonly client: FlightClient;
  readonly config: Config;
}

async function setUp(
  over: Partial<Config> = {},
  wrap = (source: SegmentSource) => source,
  token?: string,
): Promise<Setup> {
  const root = folder();
  const config = loadConfig({}, { ...quick, ...over });
  const source = wrap(new FileSource(root.path, config.exchangeIndexCacheMax));
  const server = await startFlightServer({ source, config, token });
  const client = new FlightClient({ config, token });
  return {
    root: root.path,
    address: server.address,
    client,
    config,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await server.close(0);
      root[Symbol.dispose]();
    },
  };
}

async function pull(client: FlightClient, address: string, ticket: Ticket): Promise<FrameBatch[]> {
  const batches: FrameBatch[] = [];
  for await (const frame of client.doGet(address, ticket)) if (frame.kind === 'batch') batches.push(frame);
  return batches;
}

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
  const owner = { kind: 'dataset', job, dataset: 'd1' } as const;
  using writer = new ExchangeWriter({ root: scope.root, owner, partitions: 1, schema, limits: scope.config });
  for (let i = 1; i <= 5; i++) writer.write(0, batchOf(Array(i).fill(i)));
  writer.commit();
  const ticket = { kind: 'dataset', job, dataset: 'd1', from: 2, to: 4 } as const;
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

test('a connection that breaks again and again: the pull goes on where it stopped', async () => {
  await using scope = await setUp();
  produce(scope.root, 40, 4000);
  // 1. A proxy breaks each connection after 300,000 bytes.  2. Each try brings some of the 3.8 MB.  3. All arrives once.
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

test('a slow reader: the server reads no further ahead than a few messages', async () => {
  let opened = 0;
  await using scope = await setUp({ rpcWindowBytes: 64 * 1024, fetchReaderBytesMax: 64 * 1024 }, (source) => ({
    async open(owner) {
      opened += 1;
      return source.open(owner);
    },
  }));
  produce(scope.root, 4, 64 * 1024);
  const frames = scope.client.doGet(scope.address, ticketOf(1));
  await frames.next();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(opened, 1, 'the second file waits for the reader');
  let rest = 0;
  for await (const _ of frames) rest += 1;
  assert.equal(rest, 12);
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

/** Forwards to an address and breaks each connection after so many bytes towards the reader. */
async function breakingProxy(to: string, bytesMax: number) {
  const [host, port] = to.split(':');
  const sockets = new Set<Socket>();
  let connections = 0;
  let total = 0;
  const server = createServer((near) => {
    connections += 1;
    let left = bytesMax;
    const far = dial(Number(port), host);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => [near, far].map((each) => each.destroy()));
    }
    near.pipe(far);
    far.on('data', (data) => {
      total += data.length;
      near.write(data.subarray(0, left));
      left -= data.length;
      if (left <= 0) near.end(() => far.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return {
    address: `127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`,
    connections: () => connections,
    bytes: () => total,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
