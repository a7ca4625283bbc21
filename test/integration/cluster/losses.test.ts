import assert from 'node:assert/strict';
import { closeSync, globSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { Progress, smallTasks, type TestCluster, withCluster } from '../../support/cluster/cluster.ts';
import { freePort } from '../../support/processes/processes.ts';
import { checkDelays, delays } from './delays.ts';

/** Workers that are lost, in every way that a process can be, and exchange data that is. */
const options = { config: smallTasks };

test('all workers killed: the job fails after its grace period and says so', async () => {
  await withCluster({ config: { ...smallTasks, noWorkersGraceMs: 2500 } }, async (cluster, client) => {
    const progress = new Progress();
    const job = assert.rejects(delays(client, progress, 100), (error: Error & { code: string }) => {
      assert.equal(error.code, 'WORKERS_LOST', error.message);
      assert.match(error.message, /waited 2500 ms/);
      return true;
    });
    await progress.reaches(({ stages }) => (stages[0]?.running ?? 0) > 0, 'tasks run');
    await Promise.all(cluster.workers.map((worker) => worker.kill()));
    await job;
    await cluster.addWorker();
    await cluster.joined(1);
    await checkDelays(delays(client, new Progress(), 0));
  });
});

test('all workers killed, and one that joins in time takes up the work', async () => {
  await withCluster(options, async (cluster, client) => {
    const progress = new Progress();
    const job = checkDelays(delays(client, progress, 30));
    await progress.reaches(({ stages }) => (stages[0]?.finished ?? 0) >= 2, 'some tasks are done');
    await Promise.all(cluster.workers.map((worker) => worker.kill()));
    await cluster.addWorker();
    await job;
    assert.ok((progress.reruns.outputLost ?? 0) >= 2, JSON.stringify(progress.reruns));
  });
});

test('a worker that comes back at the same address is another one', async () => {
  await withCluster({ ...options, workers: 1 }, async (cluster, client) => {
    const args = ['--listen', `127.0.0.1:${await freePort()}`];
    const first = await cluster.addWorker({ args });
    await cluster.joined(2);
    const before = (await client.workers()).find(({ pid }) => pid === first.pid);
    const progress = new Progress();
    const job = checkDelays(delays(client, progress, 50));
    await progress.reaches(({ stages }) => (stages[0]?.finished ?? 0) >= 4, 'some tasks are done');
    await first.kill();
    const second = await cluster.addWorker({ args });
    await job;
    await cluster.joined(2);
    const after = (await client.workers()).find(({ pid }) => pid === second.pid);
    assert.equal(after?.address, before?.address);
    assert.notEqual(after?.id, before?.id);
    assert.ok((progress.reruns.outputLost ?? 0) + (progress.reruns.workerLost ?? 0) > 0);
  });
});

/** Whole exchange files of first stages. */
const exchangeFiles = ({ folder }: TestCluster): string[] => globSync(`${folder}/*/exchange/*/0-*.exchange`);

/** Turns one bit in the middle. */
function flip(path: string): void {
  const file = openSync(path, 'r+');
  const at = Math.floor(statSync(path).size / 2);
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  writeSync(
    file,
    byte.map((value) => value ^ 1),
    0,
    1,
    at,
  );
  closeSync(file);
}

const damages = [
  ['with a flipped bit', flip],
  ['that is gone', (path: string) => rmSync(path)],
] as const;

for (const [how, fetchRootAskMs] of [
  ['pulled', 0],
  ['read in place', 5000],
] as const) {
  for (const [what, damage] of damages) {
    test(`an exchange file ${what} is made again, ${how}; the answer is the same`, async () => {
      await withCluster({ config: { ...smallTasks, fetchRootAskMs } }, async (cluster, client) => {
        const progress = new Progress();
        const job = checkDelays(delays(client, progress, 30));
        await progress.reaches(({ stages }) => (stages[0]?.finished ?? 0) >= 4, 'some tasks are done');
        const files = exchangeFiles(cluster).slice(0, 3);
        for (const path of files) damage(path);
        await job;
        const { outputLost = 0, fetchFailed = 0 } = progress.reruns;
        assert.ok(files.length >= 3 && outputLost >= files.length && fetchFailed >= 1, JSON.stringify(progress.reruns));
      });
    });
  }
}
