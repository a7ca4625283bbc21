import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { JobInfo } from '../../../client/index.ts';
import { Progress, smallTasks, until, withCluster } from '../../support/cluster/cluster.ts';
import { startScript } from '../../support/processes/processes.ts';
import { startEtcd, type TestEtcd } from '../../support/servers/etcd.ts';
import { checkDelays, delays } from './delays.ts';

/** Processes that pause, stop in order, or vanish, with real etcd between them. */
let etcd: TestEtcd;
before(async () => {
  etcd = await startEtcd();
});
after(() => etcd.stop());

let clusters = 0;
const options = (config: object = {}) => ({
  etcd: etcd.endpoint,
  name: `c${clusters++}`,
  config: { ...smallTasks, ...config },
});

test('a worker paused past its lease: the others do its work, and it comes back as another', async () => {
  await withCluster(options(), async (cluster, client) => {
    const [paused] = cluster.workers;
    const before = (await client.workers()).find(({ pid }) => pid === paused?.pid);
    const progress = new Progress();
    const job = checkDelays(delays(client, progress, 40));
    await progress.reaches(({ stages }) => (stages[0]?.finished ?? 0) >= 2, 'some tasks are done');
    // 1. It stops in the middle of its tasks, and its lease runs out.
    paused?.signal('SIGSTOP');
    await cluster.joined(1);
    // 2. It goes on, and reports what it had at hand; nobody counts that.
    paused?.signal('SIGCONT');
    await job;
    assert.ok((progress.reruns.workerLost ?? 0) >= 1, JSON.stringify(progress.reruns));
    // 3. It joins again under another name, and takes tasks.
    await cluster.joined(2);
    const after = (await client.workers()).find(({ pid }) => pid === paused?.pid);
    assert.ok(after && after.id !== before?.id);
    await checkDelays(delays(client, new Progress(), 0));
  });
});

test('a leader paused past its lease steps down; a standby takes over, workers and clients find it', async () => {
  await withCluster(options(), async (cluster, client) => {
    const standby = cluster.addCoordinator();
    await standby.address;
    const progress = new Progress();
    const job = delays(client, progress, 40).then(
      () => 'succeeded',
      (error: { code: string }) => error.code,
    );
    await progress.reaches(({ stages }) => (stages[0]?.finished ?? 0) >= 2, 'some tasks are done');
    cluster.coordinator.signal('SIGSTOP');
    const other = await cluster.connectToLeader(standby);
    await until(async () => (await other.workers()).length === 2, 'both workers have joined the standby');
    cluster.coordinator.signal('SIGCONT');
    // What the job needs is with the old leader alone: its client, sent on to the new one, is told.
    assert.equal(await job, 'JOB_LOST');
    assert.equal((await client.jobs())[0]?.state, 'failed');
    await checkDelays(delays(other, new Progress(), 0));
  });
});

test('etcd away for a while, shorter than the leases: the work goes on', async () => {
  await withCluster(options({ leaderTtlMs: 15_000, workerTtlMs: 15_000 }), async (cluster, client) => {
    const progress = new Progress();
    const job = checkDelays(delays(client, progress, 60));
    await progress.reaches(({ stages }) => (stages[0]?.running ?? 0) > 0, 'tasks run');
    await etcd.kill();
    await pause(1500);
    await etcd.start();
    await job;
    assert.deepEqual(progress.reruns, {});
    assert.equal((await client.workers()).length, cluster.workers.length);
  });
});

test('SIGTERM in mid-job: the worker finishes its tasks, hands nothing back, serves its data, and ends with 143', async () => {
  await withCluster(options(), async (cluster, client) => {
    const progress = new Progress();
    const job = checkDelays(delays(client, progress, 40));
    await progress.reaches(({ stages }) => (stages[0]?.finished ?? 0) >= 2, 'some tasks are done');
    const ended = cluster.workers[0]?.terminate();
    await job;
    assert.equal(await ended, 143);
    assert.deepEqual(progress.reruns, {});
    await cluster.joined(1);
    const pid = cluster.workers[0]?.pid;
    assert.deepEqual(
      readdirSync(cluster.folder).filter((name) => name.includes(`-${pid}-`)),
      [],
    );
  });
});

test('SIGTERM ends a coordinator with 143 and leaves no folder', async () => {
  await withCluster({ ...options(), workers: 0 }, async (cluster) => {
    assert.equal(await cluster.coordinator.terminate(), 143);
    assert.deepEqual(readdirSync(cluster.folder), []);
  });
});

test('a client that is killed: its job ends by itself and its result goes in time', async () => {
  await withCluster(options({ resultRetentionMs: 1000 }), async (cluster, client) => {
    await using program = startScript(
      new URL('../../support/processes/client-program.ts', import.meta.url),
      client.address,
    );
    await program.hear<JobInfo>(({ stages }) => (stages[0]?.finished ?? 0) >= 2);
    program.signal('SIGKILL');
    await until(async () => (await client.jobs())[0]?.state === 'succeeded', 'the job has ended');
    await until(
      async () => (await client.workers()).every(({ exchangeBytes }) => exchangeBytes === 0),
      'its data went',
    );
    assert.ok(existsSync(cluster.folder));
  });
});
