import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import type { RunRecord } from '../../../../../pipeline/records/run.ts';
import { SheafError } from '../../../../../shared/errors.ts';
import type { Json } from '../../../../../shared/json.ts';
import { until } from '../../../../support/cluster/cluster.ts';
import { TestLeader, testDocument } from '../../../../support/pipelines/pipeline-runs.ts';
import { runWorld } from '../../../../support/pipelines/run-world.ts';

interface Told {
  readonly headers: IncomingHttpHeaders;
  readonly record: RunRecord;
}

/** A server that keeps what it is told, and answers as the test says. */
class Hook {
  readonly told: Told[] = [];
  readonly #server: Server;
  answer: (response: ServerResponse, told: Told) => void = (response) => response.writeHead(204).end();

  constructor() {
    this.#server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const record = JSON.parse(Buffer.concat(parts).toString()) as RunRecord;
      const told = { headers: request.headers, record };
      this.told.push(told);
      this.answer(response, told);
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hooks/of-orders`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const world = runWorld();
let hook: Hook;

beforeEach(async () => {
  hook = new Hook();
  await hook.listen();
});

afterEach(() => {
  hook.close();
  delete process.env.SHEAF_SECRET_HOOK;
});

const quick = { webhookRetryMs: 5, webhookRetryMsMax: 10, webhookAttemptsMax: 3 };
const lead = (limits = {}) => TestLeader.lead(world, undefined, { ...quick, ...limits });
const lasting = () => new SheafError('SINK_FAILED', 'the table is gone');

/** Runs it, and it fails. */
async function fail(leader: TestLeader, url: Json = hook.url): Promise<string> {
  await leader.desk.put(testDocument('numbers', { onFailure: { url } }), false);
  world.source.faults.push(lasting());
  const { id } = await leader.desk.submit({ pipeline: 'numbers', cause: 'manual' });
  assert.equal((await leader.ended(id)).life.state, 'failed');
  return id;
}

const notice = async (leader: TestLeader, id: string) => {
  await until(async () => (await leader.stored(id)).notice !== undefined, 'what became of it is noted');
  return (await leader.stored(id)).notice;
};

test('the webhook is told the run that has failed, once', async () => {
  using leader = await lead();
  const id = await fail(leader);
  assert.equal((await notice(leader, id))?.state, 'delivered');
  const [told] = hook.told;
  assert.equal(told?.record.id, id);
  assert.deepEqual(told?.record.life, {
    ...(await leader.stored(id)).life,
    error: { ...lasting().toData() },
  });
  assert.deepEqual([told?.headers['content-type'], told?.headers['idempotency-key']], ['application/json', id]);
  await until(async () => (await leader.stored(id)).cleaned === true, 'it is cleaned');
  assert.equal(hook.told.length, 1);
});

test('one that succeeds, or is tried again, tells nobody', async () => {
  using leader = await lead();
  const passing = new SheafError('SOURCE_FAILED', 'away', { retryable: true });
  world.source.faults.push(passing);
  await leader.desk.put(testDocument('numbers', { attempts: 2, onFailure: { url: hook.url } }), false);
  const { id } = await leader.desk.submit({ pipeline: 'numbers', cause: 'manual' });
  assert.equal((await leader.ended(id)).life.state, 'succeeded');
  await until(async () => (await leader.stored(id)).cleaned === true, 'it is cleaned');
  assert.deepEqual(hook.told, []);
});

test('an answer that may pass is asked for again; one that will not is not', async () => {
  using leader = await lead();
  hook.answer = (response) => response.writeHead(hook.told.length < 3 ? 503 : 200).end();
  const first = await fail(leader);
  assert.equal((await notice(leader, first))?.state, 'delivered');
  assert.equal(hook.told.length, 3);
  hook.answer = (response) => response.writeHead(503).end();
  const second = await notice(leader, await fail(leader));
  assert.match(second?.state === 'givenUp' ? second.error.message : '', /answered 503/);
  assert.equal(hook.told.length, 6);
  hook.answer = (response) => response.writeHead(404).end();
  assert.equal((await notice(leader, await fail(leader)))?.state, 'givenUp');
  assert.equal(hook.told.length, 7);
});

test('it follows no redirect', async () => {
  using leader = await lead();
  hook.answer = (response) => response.writeHead(307, { location: '/elsewhere' }).end();
  const found = await notice(leader, await fail(leader));
  assert.match(found?.state === 'givenUp' ? found.error.message : '', /answered 307/);
  assert.equal(hook.told.length, 1);
});

test('a webhook that does not answer holds up nothing, and is given up', async () => {
  using leader = await lead({ webhookTimeoutMs: 300, webhookAttemptsMax: 2 });
  hook.answer = () => {};
  const id = await fail(leader);
  const { id: next } = await leader.desk.submit({ pipeline: 'numbers', cause: 'manual' });
  assert.equal((await leader.ended(next)).life.state, 'succeeded');
  const found = await notice(leader, id);
  assert.match(found?.state === 'givenUp' ? found.error.message : '', /did not answer in 300 ms/);
  assert.equal(hook.told.length, 2);
});

test('a leader ended before the answer: the next one tells it, at least once', async () => {
  const first = await lead();
  hook.answer = () => first[Symbol.dispose]();
  const id = await fail(first);
  await until(() => hook.told.length === 1, 'it was told');
  hook.answer = (response) => response.writeHead(204).end();
  using second = await lead();
  assert.equal((await notice(second, id))?.state, 'delivered');
  assert.deepEqual(
    hook.told.map(({ record }) => record.id),
    [id, id],
  );
  second[Symbol.dispose]();
  using third = await lead();
  await third.desk.put(testDocument('others', { onFailure: { url: hook.url } }), false);
  const other = await fail(third);
  await notice(third, other);
  assert.deepEqual(
    hook.told.slice(2).map(({ record }) => record.id),
    [other],
    'what was told is not told again',
  );
});

test('the address may be a secret, which stands nowhere', async () => {
  process.env.SHEAF_SECRET_HOOK = hook.url;
  using leader = await lead();
  const id = await fail(leader, { $secret: 'HOOK' });
  assert.equal((await notice(leader, id))?.state, 'delivered');
  hook.answer = (response) => response.writeHead(400).end(hook.url);
  const other = await fail(leader, { $secret: 'HOOK' });
  assert.equal((await notice(leader, other))?.state, 'givenUp');
  assert.doesNotMatch(JSON.stringify(await leader.stored(other)), /of-orders/);
});

test('no request goes where clouds keep credentials, or to what is no URL', async () => {
  using leader = await lead();
  for (const [url, message] of [
    ['http://169.254.169.254/latest', /credentials are served/],
    ['http://metadata.google.internal/', /credentials are served/],
    ['http://[::ffff:169.254.169.254]/', /credentials are served/],
    ['file:///etc/passwd', /no http\(s\) URL/],
    ['', /no http\(s\) URL/],
  ] as const) {
    const found = await notice(leader, await fail(leader, url));
    assert.match(found?.state === 'givenUp' ? found.error.message : '', message, url);
  }
  const { port } = new URL(hook.url);
  hook.close();
  const away = await notice(leader, await fail(leader, `http://127.0.0.1:${port}/`));
  assert.match(away?.state === 'givenUp' ? away.error.message : '', /could not be reached \(ECONNREFUSED\)/);
});
