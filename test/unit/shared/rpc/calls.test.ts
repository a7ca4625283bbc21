import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { loadConfig } from '../../../../shared/config/config.ts';
import { SheafError } from '../../../../shared/errors.ts';
import { connectTo } from '../../../../shared/rpc/client.ts';
import { type Handlers, implement } from '../../../../shared/rpc/handlers.ts';
import { startServer } from '../../../../shared/rpc/server.ts';
import { type Echo, echoService } from '../../../support/servers/echo-service.ts';

const config = loadConfig();

const handlers: Handlers<Echo> = {
  say: ({ text }) => ({ text: text.toUpperCase() }),
  async *count({ to, bytes = 0 }) {
    for (let n = 1; n <= to; n++) yield { n, filler: 'x'.repeat(bytes) };
  },
  async sum(numbers) {
    let total = 0;
    for await (const { n } of numbers) total += n;
    return { total };
  },
  async *chat(messages) {
    for await (const { text } of messages) yield { text: `you said ${text}` };
  },
};

/** A server with some handlers replaced, and a client of it; both close with the scope. */
async function echo(replaced: Partial<Handlers<Echo>> = {}) {
  const server = await startServer({ services: [implement(echoService, { ...handlers, ...replaced })], config });
  const connection = connectTo(server.address, { config });
  return {
    client: connection.client(echoService),
    server,
    async [Symbol.asyncDispose]() {
      connection.close();
      await server.close(0);
    },
  };
}

async function* numbers(count: number) {
  for (let n = 1; n <= count; n++) yield { n };
}

test('every kind of call carries its messages in order', async () => {
  await using scope = await echo();
  const { client } = scope;
  assert.deepEqual(await client.say({ text: 'hello' }), { text: 'HELLO' });
  const seen: number[] = [];
  for await (const { n } of client.count({ to: 100 })) seen.push(n);
  assert.deepEqual(
    seen,
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
  assert.deepEqual(await client.sum(numbers(100)), { total: 5050 });
  const call = client.chat();
  const answers = call[Symbol.asyncIterator]();
  await call.send({ text: 'a' });
  assert.deepEqual(await answers.next(), { value: { text: 'you said a' }, done: false });
  call.end();
  assert.equal((await answers.next()).done, true);
});

test('an error crosses the wire as data, from every kind of call', async () => {
  const thrown = new SheafError('COLUMN_UNKNOWN', 'No column "colour"', {
    next: 'Did you mean "color"?',
    details: { n: 1 },
  });
  const fail = () => {
    throw thrown;
  };
  await using scope = await echo({
    say: fail,
    async *count() {
      yield { n: 1, filler: '' };
      fail();
    },
    sum: async () => fail(),
    chat: () => fail(),
  });
  const { client } = scope;
  const same = (error: unknown) => {
    assert.ok(error instanceof SheafError);
    assert.deepEqual(error.toData(), thrown.toData());
    return true;
  };
  await assert.rejects(client.say({ text: '' }), same);
  const counted = client.count({ to: 2 })[Symbol.asyncIterator]();
  assert.equal((await counted.next()).done, false);
  await assert.rejects(counted.next(), same);
  await assert.rejects(client.sum(numbers(3)), same);
  const call = client.chat();
  await assert.rejects(async () => {
    for await (const _ of call) assert.fail('no answer was sent');
  }, same);
  await assert.rejects(call.send({ text: '' }), same);
});

test('an error larger than its trailer loses details, never its code', async () => {
  await using scope = await echo({
    say: () => {
      throw new SheafError('FUNCTION_THREW', 'x'.repeat(1e6), { details: { stack: 'y'.repeat(1e6), row: 7 } });
    },
  });
  await assert.rejects(scope.client.say({ text: '' }), (error: SheafError) => {
    assert.equal(error.code, 'FUNCTION_THREW');
    assert.equal(error.details?.row, 7);
    return true;
  });
});

test('a stream cut by the server is an error, never a short result', async () => {
  await using scope = await echo();
  const seen: number[] = [];
  await assert.rejects(
    async () => {
      for await (const { n } of scope.client.count({ to: 1e9, bytes: 1000 })) {
        seen.push(n);
        if (n === 10) await scope.server.close(0);
      }
    },
    { name: 'SheafError' },
  );
  assert.ok(seen.length >= 10);
});

test('leaving the loop cancels the call on the server', async () => {
  const cancelled = Promise.withResolvers<void>();
  await using scope = await echo({
    async *count(_, { signal }) {
      signal.addEventListener('abort', () => cancelled.resolve());
      yield { n: 1, filler: '' };
      await once(signal, 'abort');
    },
  });
  for await (const { n } of scope.client.count({ to: 5 })) if (n === 1) break;
  await cancelled.promise;
});

test('an aborted signal ends a call with its reason, and the server hears of it', async () => {
  const cancelled = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  await using scope = await echo({
    async say(_, { signal }) {
      started.resolve();
      await once(signal, 'abort');
      cancelled.resolve();
      return { text: '' };
    },
  });
  const controller = new AbortController();
  const call = scope.client.say({ text: '' }, { signal: controller.signal });
  await started.promise;
  controller.abort(new SheafError('DEADLINE', 'enough'));
  await assert.rejects(call, { code: 'DEADLINE', message: 'enough' });
  await cancelled.promise;
});

test('a sender is paused while its reader does not read', async () => {
  const config = loadConfig();
  let produced = 0;
  await using scope = await echo({
    async *count({ to }) {
      for (let n = 1; n <= to; n++) {
        produced = n;
        yield { n, filler: 'x'.repeat(1024 * 1024) };
      }
    },
  });
  const messages = scope.client.count({ to: 1000 })[Symbol.asyncIterator]();
  await messages.next();
  let before = -1;
  while (produced !== before) {
    before = produced;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.ok(produced <= 2 + 2 * (config.rpcSendMessagesMax + config.rpcReceiveMessagesMax), `sent ${produced} unread`);
  await messages.return?.(undefined);
});

test('nobody there: UNREACHABLE names the address', async () => {
  const connection = connectTo('127.0.0.1:9', { config });
  await assert.rejects(connection.client(echoService).say({ text: '' }), (error: SheafError) => {
    assert.equal(error.code, 'UNREACHABLE');
    assert.match(error.message, /127\.0\.0\.1:9/);
    assert.ok(error.next);
    return true;
  });
  connection.close();
});

test('a call that lasts too long ends with DEADLINE', async () => {
  await using scope = await echo({
    async say(_, { signal }) {
      await once(signal, 'abort');
      return { text: '' };
    },
  });
  await assert.rejects(scope.client.say({ text: '' }, { timeoutMs: 50 }), { code: 'DEADLINE' });
});

test('a call that has failed before anyone listened still throws', async () => {
  await using scope = await echo({
    chat: () => {
      throw new SheafError('PLAN_INVALID', 'no');
    },
  });
  const call = scope.client.chat();
  await assert.rejects(
    async () => {
      while (true) await call.send({ text: '' });
    },
    { code: 'PLAN_INVALID' },
  );
  await assert.rejects(
    async () => {
      for await (const _ of call) assert.fail('nothing was sent');
    },
    { code: 'PLAN_INVALID' },
  );
});
