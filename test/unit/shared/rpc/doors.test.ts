import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../../shared/config/config.ts';
import { parseAddress } from '../../../../shared/rpc/address.ts';
import { connectTo } from '../../../../shared/rpc/client.ts';
import { type Handlers, implement } from '../../../../shared/rpc/handlers.ts';
import { startServer } from '../../../../shared/rpc/server.ts';
import { type Echo, echoService } from '../../../support/servers/echo-service.ts';

const config = loadConfig();
const token = 'a-token-of-more-than-sixteen-characters';

let reached = 0;
const handlers: Handlers<Echo> = {
  say: () => ({ text: String(++reached) }),
  async *count() {
    yield { n: ++reached, filler: '' };
  },
  sum: async () => ({ total: ++reached }),
  async *chat() {
    yield { text: String(++reached) };
  },
};
const services = [implement(echoService, handlers)];

async function* none() {}

test('with a token, no call of any kind passes without it', async () => {
  const server = await startServer({ services, token, config });
  for (const given of [undefined, 'wrong', `${token}x`, token.slice(1), '']) {
    using connection = connectTo(server.address, { token: given, config });
    const client = connection.client(echoService);
    const refused = { code: 'UNAUTHENTICATED' };
    await assert.rejects(client.say({ text: '' }), refused);
    await assert.rejects(async () => {
      for await (const _ of client.count({ to: 1 })) assert.fail();
    }, refused);
    await assert.rejects(client.sum(none()), refused);
    await assert.rejects(async () => {
      for await (const _ of client.chat()) assert.fail();
    }, refused);
  }
  assert.equal(reached, 0);
  using connection = connectTo(server.address, { token, config });
  assert.deepEqual(await connection.client(echoService).say({ text: '' }), { text: '1' });
  await server.close(0);
});

test('beyond loopback, a port without a token is refused', async () => {
  for (const listen of ['0.0.0.0:0', '[::]:0', '192.0.2.1:7400']) {
    await assert.rejects(startServer({ listen, services, config }), { code: 'OPEN_WITHOUT_TOKEN' });
  }
});

test('a port in use is named', async () => {
  const server = await startServer({ services, config });
  await assert.rejects(startServer({ listen: server.address, services, config }), {
    code: 'PORT_IN_USE',
    message: new RegExp(String(server.port)),
  });
  await server.close(0);
});

test('an address of another machine cannot be listened on', async () => {
  await assert.rejects(startServer({ listen: '192.0.2.1:7400', services, token, config }), { code: 'USAGE' });
});

test('addresses are read in their forms, and only those', () => {
  assert.deepEqual(parseAddress('localhost:7400'), { host: 'localhost', port: 7400 });
  assert.deepEqual(parseAddress('[::1]:7400'), { host: '::1', port: 7400 });
  assert.deepEqual(parseAddress('7400'), { host: '127.0.0.1', port: 7400 });
  for (const text of ['', 'host', 'host:', 'host:70000', 'a:b:1', 'http://host:1', '::1:7400']) {
    assert.throws(() => parseAddress(text), { code: 'USAGE' }, text);
  }
});
