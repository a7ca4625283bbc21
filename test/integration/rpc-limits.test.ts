import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { loadConfig } from '../../shared/config/config.ts';
import { MiB } from '../../shared/config/setting.ts';
import { connectTo } from '../../shared/rpc/client.ts';
import { type Handlers, implement } from '../../shared/rpc/handlers.ts';
import { startServer } from '../../shared/rpc/server.ts';
import { type Echo, echoService } from '../support/servers/echo-service.ts';
import { startProxy } from '../support/servers/proxy.ts';

const resourceExhausted = '8';
const handlers: Handlers<Echo> = {
  say: ({ text }) => ({ text }),
  async *count(_, { signal }) {
    yield { n: 1, filler: '' };
    await once(signal, 'abort');
  },
  sum: async () => ({ total: 0 }),
  async *chat() {},
};
const services = [implement(echoService, handlers)];

/** A gRPC message's frame: whether it is compressed, its announced length, and what follows of it. */
function frame(compressed: boolean, announcedBytes: number): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt8(compressed ? 1 : 0, 0);
  header.writeUInt32BE(announcedBytes, 1);
  return header;
}

/**
 * Calls `say` with a body of our own making, past any limit of a well-behaved client; returns the call's gRPC status.
 */
async function send(session: ClientHttp2Session, body: Iterable<Buffer>, headers = {}): Promise<unknown> {
  const call = session.request({
    ':method': 'POST',
    ':path': '/test.Echo/Say',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  let status: unknown;
  call.setMaxListeners(0).on('error', () => {}); // A call that is refused may be reset while we still write.
  call.on('response', (answer) => {
    status = answer['grpc-status'];
  });
  call.on('trailers', (trailers) => {
    status = trailers['grpc-status'];
  });
  call.resume();
  for (const chunk of body) {
    if (call.closed || call.destroyed) break;
    if (!call.write(chunk)) await new Promise((resolve) => call.once('drain', resolve).once('close', resolve));
  }
  call.end();
  if (!call.closed) await once(call, 'close');
  return status;
}

function* gibibyte() {
  yield frame(false, 1024 * MiB);
  const chunk = Buffer.alloc(MiB);
  for (let n = 0; n < 1024; n++) yield chunk;
}

test('a message of 1 GiB is refused by its announced length, and memory stays flat', async () => {
  const server = await startServer({ services, config: loadConfig() });
  const session = connect(`http://${server.address}`);
  const beforeBytes = process.memoryUsage.rss();
  let peakBytes = 0;
  const sampling = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, 5);
  assert.equal(await send(session, gibibyte()), resourceExhausted);
  clearInterval(sampling);
  assert.ok(peakBytes - beforeBytes < 128 * MiB, `grew by ${(peakBytes - beforeBytes) / MiB} MiB`);
  session.destroy();
  await server.close(0);
});

test('a decompression bomb is refused when it passes the limit', async () => {
  const config = loadConfig({}, { rpcMessageBytesMax: MiB });
  const server = await startServer({ services, config });
  const session = connect(`http://${server.address}`);
  const bomb = gzipSync(Buffer.alloc(256 * MiB));
  assert.ok(bomb.byteLength < MiB);
  const body = [frame(true, bomb.byteLength), bomb];
  assert.equal(await send(session, body, { 'grpc-encoding': 'gzip' }), resourceExhausted);
  session.destroy();
  await server.close(0);
});

test('our own client refuses to send what no server takes', async () => {
  const config = loadConfig({}, { rpcMessageBytesMax: MiB });
  const server = await startServer({ services, config });
  using connection = connectTo(server.address, { config });
  const client = connection.client(echoService);
  await assert.rejects(client.say({ text: 'x'.repeat(2 * MiB) }), { code: 'QUOTA_EXCEEDED' });
  assert.equal((await client.say({ text: 'small' })).text, 'small');
  await server.close(0);
});

test('a half-open connection is noticed from both ends', async () => {
  const config = loadConfig({}, { rpcKeepaliveMs: 200, rpcKeepaliveTimeoutMs: 200 });
  const gone = Promise.withResolvers<void>();
  const count: Handlers<Echo>['count'] = async function* (_, { signal }) {
    yield { n: 1, filler: '' };
    await once(signal, 'abort');
    gone.resolve();
  };
  const server = await startServer({ services: [implement(echoService, { ...handlers, count })], config });
  await using proxy = await startProxy(server.address);
  using connection = connectTo(proxy.address, { config });
  const messages = connection.client(echoService).count({ to: 2 })[Symbol.asyncIterator]();
  assert.equal((await messages.next()).done, false);
  proxy.freeze();
  await assert.rejects(messages.next(), { code: 'UNREACHABLE' });
  await gone.promise;
  await server.close(0);
});

test('a wall clock that jumps by an hour expires no call that is under way', async (context) => {
  const config = loadConfig();
  const say: Handlers<Echo>['say'] = async ({ text }) => {
    await pause(200);
    return { text };
  };
  const server = await startServer({ services: [implement(echoService, { ...handlers, say })], config });
  using connection = connectTo(server.address, { config });
  const client = connection.client(echoService);
  await client.say({ text: 'connected' });
  const now = Date.now();
  for (const jumpMs of [3_600_000, -3_600_000]) {
    const call = client.say({ text: 'on time' });
    await pause(50);
    context.mock.method(Date, 'now', () => now + jumpMs);
    assert.equal((await call).text, 'on time');
    context.mock.restoreAll();
  }
  await server.close(0);
});
