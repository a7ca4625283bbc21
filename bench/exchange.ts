/**
 * Exchange throughput: `node bench/exchange.ts [MiB] [message KiB] [rounds]`. The same bytes go from another process to
 * this one (a) through our exchange: file → Flight → spool on disk, (b) through a bare grpc-js stream from memory to
 * nowhere, (c) through plain TCP on loopback. Rounds alternate; medians and ratios of one run are printed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, Metadata, type MethodDefinition } from '@grpc/grpc-js';
import { loadConfig } from '../shared/config/config.ts';
import { crcOf } from '../shared/exchange/layout.ts';
import { SpoolWriter } from '../shared/exchange/spool-writer.ts';
import { FlightClient } from '../shared/flight/client.ts';
import { jobId, workerId } from '../shared/ids.ts';
import { loadService } from '../shared/rpc/proto.ts';
import { Exchange } from '../worker/exchange/exchange.ts';

const [megabytes = 512, messageKiB = 2048, rounds = 7] = process.argv.slice(2).map(Number);
const messageBytes = messageKiB * 1024;
const messages = Math.round((megabytes * 2 ** 20) / messageBytes);
const total = messages * messageBytes;
const config = loadConfig(process.env);
const job = jobId('bench');
const dataset = 'data';
const segments = { from: 0, to: messages };

const folder = mkdtempSync(join(tmpdir(), 'sheaf-bench-exchange-'));
using scope = new DisposableStack(); // What fails must not leave gigabytes behind.
scope.defer(() => rmSync(folder, { recursive: true, force: true }));
const roots = { theirs: join(folder, 'theirs'), ours: join(folder, 'ours') };
await writeDataset();
const exchange = await Exchange.start({ root: roots.ours, worker: workerId('bench'), config });
const peerProgram = new URL('./support/exchange-peer.ts', import.meta.url).pathname;
const peer = spawn(process.execPath, [peerProgram, roots.theirs, String(messages), String(messageBytes)], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
scope.defer(() => peer.kill());
const [line] = await once(peer.stdout, 'data');
const at = JSON.parse(String(line)) as { flight: string; grpc: string; tcpPort: number };
using client = new FlightClient({ config });

const ways: Record<string, () => Promise<void>> = {
  'exchange: file, Flight, spool': throughExchange,
  'Flight pull to nowhere, with checksums': () => throughFlight(true),
  'Flight pull to nowhere, without': () => throughFlight(false),
  'bare grpc-js pull to nowhere': throughGrpc,
  'plain TCP to nowhere': throughTcp,
};
const speeds = Object.fromEntries(Object.keys(ways).map((name): [string, number[]] => [name, []]));
for (let round = 0; round <= rounds; round++) {
  for (const [name, run] of Object.entries(ways)) {
    const begin = performance.now();
    await run();
    const speed = total / 1e3 / (performance.now() - begin);
    if (round > 0) speeds[name]?.push(speed); // The first warms up.
  }
}
report();
await exchange.close();

async function throughExchange(): Promise<void> {
  using fetched = await exchange.fetchDataset({ job, dataset, segments, address: at.flight });
  if (fetched.parts.length !== 1) throw new Error('nothing came');
}

async function throughFlight(verify: boolean): Promise<void> {
  const ticket = { kind: 'dataset', dataset, ...segments } as const;
  for await (const _ of client.doGet(at.flight, ticket, { verify }));
}

async function throughGrpc(): Promise<void> {
  const { definition } = loadService('Flight', 'arrow.flight.protocol.FlightService');
  const { path, requestSerialize, responseDeserialize } = definition.doGet as MethodDefinition<
    object,
    { dataBody: Buffer }
  >;
  const options = { 'grpc-node.flow_control_window': config.rpcWindowBytes, 'grpc.max_receive_message_length': -1 };
  const bare = new Client(at.grpc, credentials.createInsecure(), options);
  const call = bare.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {}, new Metadata());
  let received = 0;
  for await (const { dataBody } of call as AsyncIterable<{ dataBody: Buffer }>) received += dataBody.length;
  bare.close();
  expectAll(received);
}

async function throughTcp(): Promise<void> {
  const socket = connect(at.tcpPort, '127.0.0.1');
  let received = 0;
  socket.on('data', (data) => {
    received += data.length;
  });
  await once(socket, 'close');
  expectAll(received);
}

function expectAll(received: number): void {
  if (received !== total) throw new Error(`${received} of ${total} bytes came`);
}

async function writeDataset(): Promise<void> {
  const owner = { kind: 'dataset', dataset } as const;
  await using spool = await SpoolWriter.open({ root: roots.theirs, owner, partitions: 1, bufferBytes: 2 ** 20 });
  const body = Buffer.alloc(messageBytes, 7);
  const metadata = Buffer.alloc(400);
  for (let i = 0; i < messages; i++) await spool.append(0, { metadata, body, rows: 1, crc: crcOf(metadata, body) });
  await spool.commit(Buffer.from('schema'));
}

function report(): void {
  const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
  const [ours = 0, , , grpc = 1, tcp = 1] = Object.values(speeds).map(median);
  process.stdout.write(
    `${messages} messages of ${messageKiB} KiB, medians of ${rounds} rounds (slowest to fastest):\n`,
  );
  for (const [name, values] of Object.entries(speeds)) {
    const [low = 0, high = 0] = [values[0], values.at(-1)];
    process.stdout.write(
      `  ${name.padEnd(42)} ${median(values).toFixed(0).padStart(5)} MB/s  (${low.toFixed(0)}–${high.toFixed(0)})\n`,
    );
  }
  process.stdout.write(
    `exchange / bare grpc-js: ${(ours / grpc).toFixed(2)}   exchange / TCP: ${(ours / tcp).toFixed(2)}\n`,
  );
}
