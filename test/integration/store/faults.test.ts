import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import { loadConfig } from '../../../shared/config/config.ts';
import type { WorkerId } from '../../../shared/ids.ts';
import { openEtcdStore } from '../../../shared/store/etcd/etcd.ts';
import { campaign } from '../../../shared/store/membership/election.ts';
import { members, watchMembers } from '../../../shared/store/membership/membership.ts';
import { register } from '../../../shared/store/membership/registration.ts';
import { startScript } from '../../support/processes/processes.ts';
import { startEtcd, type TestEtcd } from '../../support/servers/etcd.ts';
import { startProxy } from '../../support/servers/proxy.ts';

const config = loadConfig({}, { storeRelistMs: 500 });
const ttlMs = '2000';
const info = { address: 'a:1', exchangeAddress: 'a:2', slots: 1, version: '0', host: 'h', pid: 1, startedMs: 0 };
const leader = new URL('../../support/processes/leader-process.ts', import.meta.url);
const worker = new URL('../../support/processes/worker-process.ts', import.meta.url);

type LeaderLine = {
  readonly name: string;
  readonly event: 'leads' | 'lost';
  readonly epoch: number;
  readonly code?: string;
};
type WorkerLine = { readonly incarnation: string };

let etcd: TestEtcd;
before(async () => {
  etcd = await startEtcd();
});
after(() => etcd.stop());

test('a leader stopped past its lease and continued steps down; none of its writes follow its successor’s first', async () => {
  // 1. Two candidates; one leads and writes all the time.
  await using a = startScript(leader, etcd.endpoint, 'pause', 'a', ttlMs);
  await using b = startScript(leader, etcd.endpoint, 'pause', 'b', ttlMs);
  const leads = (line: LeaderLine) => line.event === 'leads';
  const first = await Promise.race([a.hear(leads), b.hear(leads)]);
  const [old, young] = first.name === 'a' ? [a, b] : [b, a];
  await pause(300);
  // 2. It stops in the middle of its writes, until the other leads.
  old.signal('SIGSTOP');
  const second = await young.hear(leads);
  assert.ok(second.epoch > first.epoch);
  await pause(300);
  // 3. It goes on, and must learn that it leads no more.
  old.signal('SIGCONT');
  const lost = await old.hear<LeaderLine>(({ event }) => event === 'lost');
  assert.deepEqual([lost.epoch, lost.code], [first.epoch, 'NOT_LEADER']);
  await pause(300);
  // 4. The store has seen no write of the old epoch since the new one began.
  await using store = await openEtcdStore({ endpoints: [etcd.endpoint], config });
  const writes = await store.list('/test/pause/writes/');
  const of = (epoch: number) => writes.filter(({ value }) => value === String(epoch));
  assert.ok(of(first.epoch).length > 0 && of(second.epoch).length > 0);
  for (const { key, revision } of of(first.epoch)) assert.ok(revision < second.epoch, key);
});

test('a leader that is killed is followed when its lease has passed', async () => {
  await using a = startScript(leader, etcd.endpoint, 'kill', 'a', ttlMs);
  const first = await a.hear<LeaderLine>(({ event }) => event === 'leads');
  await using b = startScript(leader, etcd.endpoint, 'kill', 'b', ttlMs);
  a.signal('SIGKILL');
  const second = await b.hear<LeaderLine>(({ event }) => event === 'leads');
  assert.ok(second.epoch > first.epoch);
});

test('a worker stopped past its lease and continued is another incarnation; the old one is seen to leave', async () => {
  await using store = await openEtcdStore({ endpoints: [etcd.endpoint], config });
  await using process = startScript(worker, etcd.endpoint, 'workers', ttlMs);
  const { incarnation: first } = await process.hear<WorkerLine>(() => true);
  process.signal('SIGSTOP');
  while ((await members(store, 'workers')).length > 0) await pause(50);
  process.signal('SIGCONT');
  const { incarnation: second } = await process.hear<WorkerLine>(({ incarnation }) => incarnation !== first);
  const present = (await members(store, 'workers')).map(({ incarnation }) => incarnation);
  assert.deepEqual(present, [second]);
});

test('etcd killed and started again: leader and worker go on as they were', async () => {
  await using own = await startEtcd();
  await using store = await openEtcdStore({ endpoints: [own.endpoint], config });
  const signal = new AbortController().signal;
  const term = await campaign({ store, cluster: 'c', address: 'a:1', config, signal });
  await using joined = await register({ store, cluster: 'c', info, config });
  const { incarnation } = joined;
  await own.kill();
  const write = term.write([{ kind: 'put', key: '/sheaf/c/x', value: 'in the dark' }]);
  await pause(1000);
  await own.start();
  assert.ok(await write);
  assert.equal(term.held, true);
  assert.deepEqual(
    (await members(store, 'c')).map((member) => member.incarnation),
    [incarnation],
  );
  await term.resign();
});

test('etcd away for longer than the leases: the leader fences itself, and leads again under a higher epoch', async () => {
  await using own = await startEtcd();
  const short = loadConfig({}, { leaderTtlMs: 2000, workerTtlMs: 2000 });
  await using store = await openEtcdStore({ endpoints: [own.endpoint], config: short });
  const candidacy = { store, cluster: 'c', address: 'a:1', config: short, signal: new AbortController().signal };
  const term = await campaign(candidacy);
  await using joined = await register({ store, cluster: 'c', info, config: short });
  const first = joined.incarnation;
  await own.kill();
  if (!term.lost.aborted) await once(term.lost, 'abort');
  await assert.rejects(term.write([{ kind: 'delete', key: '/sheaf/c/x' }]), { code: 'NOT_LEADER' });
  const again = campaign(candidacy);
  while (joined.held) await pause(50);
  await own.start();
  const next = await again;
  assert.ok(next.epoch > term.epoch);
  while (joined.incarnation === first) await pause(50);
  await next.resign();
});

test('who left and who joined during a disconnection with a compaction is found', async () => {
  await using proxy = await startProxy(etcd.endpoint);
  await using direct = await openEtcdStore({ endpoints: [etcd.endpoint], config });
  await using remote = await openEtcdStore({ endpoints: [proxy.address], config });
  const present = new Set<WorkerId>();
  const end = new AbortController();
  const watching = (async () => {
    for await (const { joined, left } of watchMembers(remote, 'compact', { config, signal: end.signal })) {
      for (const { incarnation } of joined) present.add(incarnation);
      for (const incarnation of left) present.delete(incarnation);
    }
  })();
  const join = () => register({ store: direct, cluster: 'compact', info, config });
  const [stays, leaves] = [await join(), await join()];
  while (present.size < 2) await pause(20);
  proxy.cut();
  await leaves.close();
  const joins = await join();
  const revision = await direct.put('/test/compact', '');
  const etcd3 = new Etcd3({ hosts: etcd.endpoint });
  await etcd3.kv.compact({ revision, physical: true });
  etcd3.close();
  proxy.heal();
  while (!(present.has(joins.incarnation) && present.has(stays.incarnation) && present.size === 2)) await pause(20);
  end.abort();
  await watching;
  await stays.close();
  await joins.close();
});

test('a watch whose connection was cut hints again once there is another', async () => {
  await using proxy = await startProxy(etcd.endpoint);
  await using direct = await openEtcdStore({ endpoints: [etcd.endpoint], config });
  await using remote = await openEtcdStore({ endpoints: [proxy.address], config });
  let hints = 0;
  using _watch = remote.watch('/test/watch/', () => {
    hints += 1;
  });
  const hint = async (from: number) => {
    while (hints <= from) await pause(20);
  };
  await hint(0);
  proxy.cut();
  const cut = hints;
  await direct.put('/test/watch/a', 'unseen');
  await pause(100);
  proxy.heal();
  await hint(cut);
  const healed = hints;
  await direct.put('/test/watch/a', 'seen');
  await hint(healed);
});
