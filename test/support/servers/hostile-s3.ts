import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a hostile server does with one request instead of answering it. */
export type Mischief =
  /** Answers 503 without passing the request on. */
  | 'busy'
  /** Cuts the connection before the request is passed on. */
  | 'cut'
  /** Passes the request on, and cuts the connection in place of the answer. */
  | 'loseAnswer'
  /** Passes on half of the answer's body, then cuts. */
  | 'half'
  /** Answers 403. */
  | 'refuse';

/** A request as the mischief is chosen by. */
export interface Seen {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly range: string | undefined;
  /** How many like it (method and path) came before. */
  readonly before: number;
}

/** An S3 server that misbehaves as it is told. */
export interface HostileS3 extends AsyncDisposable {
  readonly endpoint: string;
  readonly seen: Seen[];
  /** What to do with a request; nothing: pass it on. */
  mischief: (seen: Seen) => Mischief | undefined;
}

/** Stands before a real server; signatures stay valid, since the host's name is passed on as it came. */
export async function startHostileS3(target: string): Promise<HostileS3> {
  const seen: Seen[] = [];
  const counts = new Map<string, number>();
  const hostile = { mischief: (_: Seen): Mischief | undefined => undefined };
  const server = createServer((incoming, answer) => {
    const { method = '', url: path = '' } = incoming;
    const before = counts.get(`${method} ${path}`) ?? 0;
    counts.set(`${method} ${path}`, before + 1);
    const one: Seen = { method, path, range: incoming.headers.range, before };
    seen.push(one);
    serve(incoming, answer, target, hostile.mischief(one));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(hostile, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

function serve(
  incoming: IncomingMessage,
  answer: ServerResponse,
  target: string,
  mischief: Mischief | undefined,
): void {
  if (mischief === 'cut') return void incoming.socket.destroy();
  if (mischief === 'busy') return void answer.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
  if (mischief === 'refuse')
    return void answer.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>');
  const { hostname, port } = new URL(target);
  const { method, url: path, headers } = incoming;
  const outgoing = request({ hostname, port, method, path, headers, agent: false }, (reply) => {
    if (mischief === 'loseAnswer') {
      reply.resume().on('end', () => incoming.socket.destroy());
      return;
    }
    answer.writeHead(reply.statusCode ?? 500, reply.headers);
    if (mischief === 'half') passHalf(reply, answer, incoming);
    else reply.pipe(answer);
  });
  outgoing.on('error', () => incoming.socket.destroy());
  answer.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
}

function passHalf(reply: IncomingMessage, answer: ServerResponse, incoming: IncomingMessage): void {
  const half = Number(reply.headers['content-length'] ?? 0) / 2;
  let passed = 0;
  reply.on('data', (chunk: Buffer) => {
    passed += chunk.length;
    answer.write(chunk.subarray(0, Math.max(0, chunk.length - Math.max(0, passed - half))));
    if (passed >= half) answer.write('', () => setImmediate(() => incoming.socket.destroy()));
  });
}
