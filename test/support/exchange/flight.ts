import { createServer, connect as dial, type Socket } from 'node:net';
import { type Config, loadConfig } from '../../../shared/config/config.ts';
import { ExchangeWriter } from '../../../shared/exchange/writer.ts';
import { FlightClient } from '../../../shared/flight/client.ts';
import type { FrameBatch } from '../../../shared/flight/received.ts';
import { startFlightServer } from '../../../shared/flight/server.ts';
import { FileSource, type SegmentSource } from '../../../shared/flight/source.ts';
import type { Ticket } from '../../../shared/flight/ticket.ts';
import { attempt, batchOf, folder, job, schema } from './exchange.ts';

const quick = { fetchBackoffMs: 1 };

/** Tasks 0 to 2, each with partition 0 empty and partition 1 of so many batches. */
export function produce(root: string, batches: number, rows: number): string[] {
  return [0, 1, 2].map((task) => {
    using writer = new ExchangeWriter({ root, owner: attempt(task), partitions: 2, schema, limits: loadConfig() });
    const values = Array.from({ length: rows }, (_, i) => task * rows + i);
    for (let i = 0; i < batches; i++) writer.write(1, batchOf(values));
    writer.commit();
    return writer.path;
  });
}

export const ticketOf = (partition: number, tasks = [0, 1, 2]): Ticket => ({
  kind: 'parts',
  job,
  parts: tasks.map((task) => ({ stage: 0, task, attempt: 0, partition })),
});

export interface Setup extends AsyncDisposable {
  readonly root: string;
  readonly address: string;
  readonly client: FlightClient;
  readonly config: Config;
}

export async function setUp(
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

export async function pull(client: FlightClient, address: string, ticket: Ticket): Promise<FrameBatch[]> {
  const batches: FrameBatch[] = [];
  for await (const frame of client.doGet(address, ticket)) if (frame.kind === 'batch') batches.push(frame);
  return batches;
}

/** Forwards to an address and breaks each connection after so many bytes towards the reader. */
export async function breakingProxy(to: string, bytesMax: number, onBreak = () => {}) {
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
      if (left > 0) return;
      onBreak();
      near.end(() => far.destroy());
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
