import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig } from '../../../../../shared/config/config.ts';
import type { SheafError } from '../../../../../shared/errors.ts';
import type { WorkerId } from '../../../../../shared/ids.ts';
import { keysOf } from '../../../../../shared/store/keys.ts';
import type { MemberInfo } from '../../../../../shared/store/membership/member.ts';
import { members, watchMembers } from '../../../../../shared/store/membership/membership.ts';
import { register } from '../../../../../shared/store/membership/registration.ts';
import { FaultStore } from '../../../../support/store/fault-store.ts';

const config = loadConfig({}, { workerTtlMs: 1000, storeRetryMs: 10, storeRelistMs: 100 });
const cluster = 'test';
const info: MemberInfo = {
  address: '127.0.0.1:1',
  exchangeAddress: '127.0.0.1:2',
  slots: 4,
  version: '0.1.0',
  host: 'here',
  pid: 1,
  startedMs: 0,
};

/** The members as a coordinator sees them. */
function observe(store: FaultStore) {
  const end = new AbortController();
  const present = new Set<WorkerId>();
  const errors: SheafError[] = [];
  const ended = (async () => {
    const options = { config, signal: end.signal, onError: (error: SheafError) => errors.push(error) };
    for await (const { joined, left } of watchMembers(store, cluster, options)) {
      for (const { incarnation } of joined) present.add(incarnation);
      for (const incarnation of left) assert.ok(present.delete(incarnation), `${incarnation} left but never joined`);
    }
  })();
  return {
    present,
    errors,
    async until(holds: () => boolean) {
      while (!holds()) await pause(5);
    },
    async [Symbol.asyncDispose]() {
      end.abort();
      await ended;
    },
  };
}

test('a worker joins, is seen with all it said of itself, and leaves at once when it closes', async () => {
  const store = new FaultStore(config);
  await using seen = observe(store);
  const worker = await register({ store, cluster, info, config });
  await seen.until(() => seen.present.has(worker.incarnation));
  assert.deepEqual(await members(store, cluster), [{ ...info, incarnation: worker.incarnation }]);
  await worker.close();
  await seen.until(() => seen.present.size === 0);
});

test('a worker whose lease is lost comes back as a new incarnation; the old one is seen to leave', async () => {
  const store = new FaultStore(config);
  await using seen = observe(store);
  const turns: [WorkerId, WorkerId][] = [];
  const onIncarnation = (now: WorkerId, before: WorkerId) => turns.push([now, before]);
  await using worker = await register({ store, cluster, info, config, onIncarnation });
  const first = worker.incarnation;
  await seen.until(() => seen.present.has(first));
  store.away = true;
  await seen.until(() => !worker.held);
  store.away = false;
  await seen.until(() => seen.present.has(worker.incarnation) && worker.incarnation !== first);
  await seen.until(() => !seen.present.has(first));
  assert.deepEqual(turns, [[worker.incarnation, first]]);
  assert.ok(seen.errors.length > 0, 'that the store could not be listed is told');
});

test('a worker whose key is taken away joins again', async () => {
  const store = new FaultStore(config);
  await using worker = await register({ store, cluster, info, config });
  const first = worker.incarnation;
  await store.delete(keysOf(cluster).worker(first));
  while (worker.incarnation === first) await pause(5);
  assert.deepEqual(
    (await members(store, cluster)).map(({ incarnation }) => incarnation),
    [worker.incarnation],
  );
});

test('without any hint, who joins and who leaves is found by listing', async () => {
  const store = new FaultStore(config);
  store.hintless = true;
  await using seen = observe(store);
  await pause(20);
  const worker = await register({ store, cluster, info, config });
  await seen.until(() => seen.present.size === 1);
  await worker.close();
  await seen.until(() => seen.present.size === 0);
});

test('an entry that is no worker is told, and hides none of the others', async () => {
  const store = new FaultStore(config);
  await store.put(`${keysOf(cluster).workers}strange`, 'no JSON');
  await using seen = observe(store);
  await using worker = await register({ store, cluster, info, config });
  await seen.until(() => seen.present.has(worker.incarnation));
  assert.equal(seen.errors[0]?.code, 'VERSION_MISMATCH');
});

test('the first registration fails plainly when the store is away', async () => {
  const store = new FaultStore(config);
  store.away = true;
  await assert.rejects(register({ store, cluster, info, config }), { code: 'STORE_UNREACHABLE' });
});
