import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig } from '../../../../../shared/config/config.ts';
import type { Logger } from '../../../../../shared/log.ts';
import { keysOf } from '../../../../../shared/store/keys.ts';
import { type Candidacy, campaign } from '../../../../../shared/store/membership/election.ts';
import { followLeader, type Leader } from '../../../../../shared/store/membership/leader.ts';
import type { Store } from '../../../../../shared/store/store.ts';
import { FaultStore } from '../../../../support/store/fault-store.ts';

const config = loadConfig({}, { leaderTtlMs: 1000, storeRetryMs: 10, storeRelistMs: 100 });
const cluster = 'test';
const put = (value: string) => [{ kind: 'put', key: '/sheaf/test/x', value } as const];

function scene() {
  const store = new FaultStore(config);
  const end = new AbortController();
  const candidate = (address: string): Candidacy => ({ store, cluster, address, config, signal: end.signal });
  return {
    store,
    candidate,
    end,
    [Symbol.dispose]() {
      end.abort();
      store.away = true; // Whoever still leads stops soon.
    },
  };
}

async function leaderOf(store: Store): Promise<Leader | undefined> {
  for await (const leader of followLeader(store, cluster, { config, signal: AbortSignal.timeout(5000) })) return leader;
  return undefined;
}

test('one of two candidates leads; the other follows when it resigns, under a higher epoch', async () => {
  using s = scene();
  const races = ['a:1', 'b:1'].map((address) => campaign(s.candidate(address)));
  const first = await Promise.race(races);
  const leader = await leaderOf(s.store);
  assert.equal(leader?.epoch, first.epoch);
  assert.equal(first.held, true);
  await first.resign();
  const terms = await Promise.all(races);
  const second = terms.find((term) => term !== first);
  assert.ok(second && second.epoch > first.epoch);
  assert.equal(first.held, false);
  assert.notEqual((await leaderOf(s.store))?.address, leader?.address);
  await assert.rejects(first.write(put('stale')), { code: 'NOT_LEADER' });
  assert.ok(await second.write(put('fresh')));
  await second.resign();
});

test('a write that is under way when another takes over is refused by the store itself', async () => {
  // 1. The old leader sends a write, which is held up on its way.
  using s = scene();
  const old = await campaign(s.candidate('old:1'));
  const held = Promise.withResolvers<void>();
  s.store.delay = held.promise;
  const stale = old.write(put('stale'));
  s.store.delay = undefined;
  // 2. Its key is gone from the store (as after its lease's end), and another leads.
  await s.store.delete(keysOf(cluster).leader);
  const young = await campaign(s.candidate('young:1'));
  await young.write(put('fresh'));
  // 3. The write arrives.
  held.resolve();
  await assert.rejects(stale, { code: 'NOT_LEADER' });
  assert.equal((await s.store.get('/sheaf/test/x'))?.value, 'fresh');
  await young.resign();
});

test('a leader that cannot renew stops leading by itself, and leads again when the store is back', async () => {
  using s = scene();
  const term = await campaign(s.candidate('a:1'));
  s.store.away = true;
  await once(term.lost, 'abort');
  assert.equal(term.lost.reason.code, 'NOT_LEADER');
  await assert.rejects(term.write(put('stale')), { code: 'NOT_LEADER' });
  const again = campaign(s.candidate('a:1'));
  await pause(50);
  s.store.away = false;
  assert.ok((await again).epoch > term.epoch);
  await (await again).resign();
});

test('a leader that was paused past its lease knows before it sends anything', async () => {
  using s = scene();
  const term = await campaign(s.candidate('a:1'));
  const before = s.store.transactions;
  // Blocks the event loop, as SIGSTOP would: no timer has fired when it goes on.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, (config.leaderTtlMs * 2) / 3 + 10);
  assert.equal(term.held, false);
  assert.equal(term.lost.aborted, false);
  await assert.rejects(term.write(put('stale')), { code: 'NOT_LEADER' });
  assert.equal(s.store.transactions, before);
});

test('while the store is away for a moment, a write waits for it', async () => {
  using s = scene();
  const term = await campaign(s.candidate('a:1'));
  s.store.away = true;
  const write = term.write(put('patient'));
  await pause(50);
  s.store.away = false;
  assert.ok(await write);
  assert.equal(term.held, true);
  await term.resign();
});

test('a store that is away is told of once, not at each try', async () => {
  using s = scene();
  s.store.away = true;
  const told: string[] = [];
  const log = {
    warn: (_: unknown, text: string) => told.push(text),
    debug: () => {},
    info: () => {},
  } as unknown as Logger;
  const won = campaign({ ...s.candidate('a:1'), log });
  await pause(20 * config.storeRetryMs);
  s.store.away = false;
  await won;
  assert.match(told[0] ?? '', /^cannot see who leads: .+; trying again$/);
  assert.equal(told.length, new Set(told).size);
});

test('a write whose answer was lost is repeated until it is answered', async () => {
  using s = scene();
  const term = await campaign(s.candidate('a:1'));
  s.store.answersLost = true;
  const write = term.write(put('again'));
  await pause(30);
  s.store.answersLost = false;
  assert.ok(await write);
  await term.resign();
});

test('a candidate whose own win was not answered gets the key again, not a deadlock', async () => {
  using s = scene();
  s.store.answersLost = true;
  const winning = campaign(s.candidate('a:1'));
  await pause(30);
  s.store.answersLost = false;
  const term = await winning;
  assert.equal((await leaderOf(s.store))?.epoch, term.epoch);
  await term.resign();
});

test('a further condition that fails is no loss of leadership', async () => {
  using s = scene();
  const term = await campaign(s.candidate('a:1'));
  const revision = await term.write(put('one'));
  assert.equal(await term.write(put('two'), [{ key: '/sheaf/test/x', revision: 0 }]), undefined);
  assert.ok(await term.write(put('two'), [{ key: '/sheaf/test/x', revision: revision ?? -1 }]));
  assert.equal(term.held, true);
  await term.resign();
});

test('a leader whose key is taken away notices without writing', async () => {
  using s = scene();
  const term = await campaign(s.candidate('a:1'));
  await s.store.delete(keysOf(cluster).leader);
  if (!term.lost.aborted) await once(term.lost, 'abort');
  assert.equal(term.held, false);
});

test('a standby whose hints are all lost takes over all the same', async () => {
  using s = scene();
  s.store.hintless = true;
  const first = await campaign(s.candidate('a:1'));
  const second = campaign(s.candidate('b:1'));
  await pause(50);
  await first.resign();
  assert.ok((await second).epoch > first.epoch);
  await (await second).resign();
});

test('an abandoned candidacy ends with its reason', async () => {
  using s = scene();
  const term = await campaign(s.candidate('a:1'));
  const second = campaign(s.candidate('b:1'));
  s.end.abort(new Error('enough'));
  await assert.rejects(second, /enough/);
  await term.resign();
});

test('who follows the leader sees each one, and the time between', async () => {
  using s = scene();
  const seen: (string | undefined)[] = [];
  const following = (async () => {
    for await (const leader of followLeader(s.store, cluster, { config, signal: s.end.signal }))
      seen.push(leader?.address);
  })();
  const until = async (count: number) => {
    while (seen.length < count) await pause(5);
  };
  await until(1);
  const term = await campaign(s.candidate('a:1'));
  await until(2);
  await term.resign();
  await until(3);
  s.end.abort();
  await following;
  assert.deepEqual(seen, [undefined, 'a:1', undefined]);
});
