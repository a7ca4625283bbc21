import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Progress, until, withCluster } from '../../support/cluster/cluster.ts';
import { flightsFile } from '../../support/duckdb-answer.ts';
import { sleeping } from './functions.ts';

/** Limits of what can be stopped, and of memory. */
test('a thread that does not come back from native code: its worker drains and ends, and leaves nothing', async () => {
  const config = {
    nativeStopGraceMs: 1000,
    jobStopLimitMs: 1500,
    drainLimitMs: 1000,
    heartbeatTimeoutMs: 60_000,
    noWorkersGraceMs: 60_000,
  };
  await withCluster({ workers: 1, config }, async (cluster, client) => {
    const stop = new AbortController();
    const marker = join(cluster.folder, 'sleeps');
    const job = client
      .from([{ n: 1 }], { schema: { n: 'integer' } })
      .mapBatches((batch, params) => sleeping(batch, params), { schema: { n: 'integer' }, params: { marker } })
      .collect({ signal: stop.signal });
    const refused = assert.rejects(job, { code: 'CANCELLED' });
    await until(() => Promise.resolve(existsSync(marker)), 'the function sleeps');
    stop.abort();
    await refused;
    const [worker] = cluster.workers;
    assert.equal(await worker?.ended, 'SIGKILL');
    assert.match(worker?.log ?? '', /ignores its cancel/);
    assert.deepEqual(
      readdirSync(cluster.folder).filter((name) => name.includes(`-${worker?.pid}-`)),
      [],
    );
    await cluster.addWorker();
    assert.equal(await client.sql('SELECT 1 AS n').count(), 1);
  });
});

test('a query that cannot fit into memory ends as OUT_OF_MEMORY after some tries; the cluster works on', async () => {
  await withCluster({ workers: 1, config: { taskAttemptsMax: 2 } }, async (_, client) => {
    const progress = new Progress();
    const list = client.sql(`SELECT list(a.origin || a.date) AS l FROM '${flightsFile}' a, range(20)`);
    await assert.rejects(list.collect({ onProgress: progress.onProgress }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'OUT_OF_MEMORY', error.message);
      return true;
    });
    assert.equal(progress.reruns.outOfMemory, 1);
    assert.equal(await client.sql('SELECT 1 AS n').count(), 1);
  });
});

test('a reader that takes its time: what is ahead of it stays bounded, and it gets all rows', async () => {
  await withCluster({ workers: 1 }, async (cluster, client) => {
    const slow = await cluster.connect({ resultReadAheadBytes: 4 * 2 ** 20 });
    const rows = slow.sql('SELECT range AS n, hash(range) AS h FROM range(20000000)'); // 320 MB
    let count = 0;
    let before = 0;
    for await (const batch of rows.stream()) {
      if (count === 0) {
        before = process.memoryUsage.rss();
        await pause(2000);
      }
      count += batch.numRows;
      if (count < 2_000_000) assert.ok(process.memoryUsage.rss() - before < 150 * 2 ** 20, 'memory of the reader');
    }
    assert.equal(count, 20_000_000);
    await until(async () => (await client.workers())[0]?.exchangeBytes === 0, 'the result is gone');
  });
});
