import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Cluster, JobInfo } from '../../../client/index.ts';
import { Progress, smallTasks, type TestCluster, until, withCluster } from '../../support/cluster/cluster.ts';
import { duckdbAnswer, flightsFile } from '../../support/duckdb-answer.ts';
import { assertSameRows } from '../../support/same-rows.ts';
import { startEtcd, type TestEtcd } from '../../support/servers/etcd.ts';
import { checkDelays, delays } from './delays.ts';
import { slowly } from './functions.ts';

/** Leaders that die, stop or leave in mid-job, with real etcd, a standby, and a directory that both see. */
let etcd: TestEtcd;
before(async () => {
  etcd = await startEtcd();
});
after(() => etcd.stop());

let clusters = 0;
const options = (more: object = {}) => ({
  etcd: etcd.endpoint,
  name: `f${clusters++}`,
  shared: true,
  config: smallTasks,
  ...more,
});

/** A cluster with a standby, and a client that knows both coordinators. */
const withStandby = (more: object, body: (cluster: TestCluster, client: Cluster) => Promise<void>): Promise<void> =>
  withCluster(options(more), async (cluster) => {
    await cluster.addCoordinator().address;
    await body(cluster, await cluster.connectToAll());
  });

const inMidJob = (progress: Progress) =>
  progress.reaches(({ stages }) => (stages[0]?.finished ?? 0) >= 2, 'some tasks are done');

const schema = { origin: 'varchar', delay: 'bigint' } as const;

/** Writes three million rows, slowly. */
const write = (client: Cluster, path: string, progress: Progress, mode: 'error' | 'overwrite' | 'append') =>
  client.read
    .parquet(flightsFile)
    .select('origin', 'delay')
    .mapBatches((batch, params) => slowly(batch, params), { schema, params: { ms: 40 } })
    .write.parquet(path, { mode, onProgress: progress.onProgress });

/** Rows by origin: a row that is missing or there twice shows. */
const counts = (files: string) =>
  duckdbAnswer(`SELECT origin, count(*)::double AS rows, sum(delay)::double AS delay FROM '${files}'
    GROUP BY origin ORDER BY origin`);

test('a leader killed in mid-job: the standby goes on, and the client gets its answer', async () => {
  await withStandby({}, async (cluster, client) => {
    const progress = new Progress();
    const job = checkDelays(delays(client, progress, 40));
    const { id } = await inMidJob(progress);
    await cluster.coordinator.kill();
    await job;
    const jobs = await client.jobs();
    assert.deepEqual(
      jobs.map((each) => [each.id, each.state]),
      [[id, 'succeeded']],
    );
  });
});

test('a leader killed while the values of a PIVOT are looked up: the standby looks them up, and nothing else is left', async () => {
  await withStandby({}, async (cluster, client) => {
    const slow = client.read
      .parquet(flightsFile)
      .select('origin', 'delay')
      .mapBatches((batch, params) => slowly(batch, params), { schema, params: { ms: 40 } });
    const answer = Array.fromAsync(
      client.sql`pivot (select delay > 15 as late, left(origin, 1) as letter from ${slow})
        on letter using count(*) group by late`.rows(),
    );
    const isLookUp = ({ name }: JobInfo) => /values of a PIVOT for/.test(name ?? '');
    await until(
      async () => (await client.jobs()).some((job) => isLookUp(job) && (job.stages[0]?.finished ?? 0) >= 2),
      'values are looked up',
    );
    await cluster.coordinator.kill();
    const counted = (await answer).flatMap(({ late, ...letters }) =>
      Object.entries(letters).flatMap(([letter, n]) => (Number(n) > 0 ? [{ late, letter, n: Number(n) }] : [])),
    );
    const expected = duckdbAnswer(`SELECT delay > 15 AS late, left(origin, 1) AS letter, count(*)::double AS n
      FROM '${flightsFile}' GROUP BY ALL`);
    assertSameRows(counted, expected, false, 'counted');
    const jobs = await client.jobs();
    assert.deepEqual(
      jobs.filter((job) => !isLookUp(job)).map(({ state }) => state),
      ['succeeded'],
    );
    assert.deepEqual(
      jobs.filter(({ state }) => state === 'running' || state === 'planning'),
      [],
    );
  });
});

test('a leader killed while a job writes: every row is there once, and nothing beside it', async () => {
  await withStandby({}, async (cluster, client) => {
    const out = join(cluster.folder, 'written');
    mkdirSync(out);
    const path = join(out, 'flights');
    for (const mode of ['error', 'append'] as const) {
      if (mode === 'append') await cluster.addCoordinator().address;
      const all = await cluster.connectToAll();
      const leader = cluster.coordinators[mode === 'append' ? 1 : 0];
      const progress = new Progress();
      const writing = write(all, path, progress, mode);
      await inMidJob(progress);
      await leader?.kill();
      const { rows } = await writing;
      assert.equal(rows, 3_000_000);
      assert.deepEqual(readdirSync(out), ['flights']);
      const times = mode === 'append' ? 2 : 1;
      const expected = counts(flightsFile).map(({ origin, rows, delay }) => ({
        origin,
        rows: Number(rows) * times,
        delay: Number(delay) * times,
      }));
      assertSameRows(counts(`${path}/*.parquet`), expected, true, mode);
    }
    await client.close();
  });
});

test('a dataset that only the client holds outlives the leader that took it', async () => {
  await withStandby({}, async (cluster, client) => {
    const progress = new Progress();
    const rows = Array.from({ length: 100_000 }, (_, n) => ({ n, text: `row ${n}` }));
    const kept = client
      .from(rows)
      .mapBatches((batch, params) => slowly(batch, params), {
        schema: { n: 'double', text: 'varchar' },
        params: { ms: 500 },
      })
      .agg({ rows: 'count(*)::double', sum: 'sum(n)' })
      .rows({ onProgress: progress.onProgress });
    const answer = Array.fromAsync(kept);
    await progress.reaches(({ stages }) => (stages[0]?.running ?? 0) > 0, 'a task runs');
    await cluster.coordinator.kill();
    assert.deepEqual(await answer, [{ rows: 100_000, sum: (100_000 * 99_999) / 2 }]);
  });
});

test('a leader stopped past its lease and continued: it steps down, and what it still does has no effect', async () => {
  await withStandby({}, async (cluster, client) => {
    const out = join(cluster.folder, 'written');
    mkdirSync(out);
    const progress = new Progress();
    const writing = write(client, join(out, 'flights'), progress, 'error');
    await inMidJob(progress);
    cluster.coordinator.signal('SIGSTOP');
    await until(() => /"?taking over jobs/.test(cluster.coordinators[1]?.log ?? ''), 'the standby takes over');
    cluster.coordinator.signal('SIGCONT');
    await writing;
    assert.match(cluster.coordinator.log, /leads no more/);
    assert.deepEqual(readdirSync(out), ['flights']);
    assertSameRows(counts(`${join(out, 'flights')}/*.parquet`), counts(flightsFile), true, 'flights');
    assert.equal((await client.jobs()).length, 1);
  });
});

test('a leader that leaves in order hands its jobs over', async () => {
  await withStandby({}, async (cluster, client) => {
    const progress = new Progress();
    const job = checkDelays(delays(client, progress, 40));
    await inMidJob(progress);
    assert.equal(await cluster.coordinator.terminate(), 143);
    await job;
  });
});

test('a result that is read while its leader dies is made again', async () => {
  await withStandby({}, async (cluster, client) => {
    const progress = new Progress();
    const rows = delays(client, progress, 0);
    await progress.reaches(({ state }) => state === 'succeeded' || state === 'running', 'it runs');
    await cluster.coordinator.kill();
    await checkDelays(rows);
  });
});

test('ended jobs are known to the next leader; cancelled ones stay cancelled', async () => {
  await withStandby({}, async (cluster, client) => {
    await checkDelays(delays(client, new Progress(), 0));
    await assert.rejects(client.sql('select error(1)').collect({ name: 'bad' }));
    const progress = new Progress();
    const cancelled = delays(client, progress, 40).catch((error: { code: string }) => error.code);
    await client.cancel((await inMidJob(progress)).id);
    assert.equal(await cancelled, 'CANCELLED');
    const states = async () => (await client.jobs()).map(({ name, state, error }) => [name, state, error?.code]);
    const before = await states();
    await cluster.coordinator.kill();
    assert.deepEqual(await states(), before);
    assert.deepEqual(
      before.map(([, state]) => state),
      ['succeeded', 'failed', 'cancelled'],
    );
  });
});

test('without a shared directory a job ends with its coordinator, and the error says what would help', async () => {
  await withStandby({ shared: false }, async (cluster, client) => {
    const progress = new Progress();
    const job = delays(client, progress, 40);
    await inMidJob(progress);
    await cluster.coordinator.kill();
    await assert.rejects(job, { code: 'JOB_LOST', next: /--blob-dir/ });
    await checkDelays(delays(client, new Progress(), 0));
  });
});

test('what a job needed from its client is no longer there: it says so', async () => {
  await withStandby({}, async (cluster, client) => {
    const progress = new Progress();
    const job = delays(client, progress, 40);
    await inMidJob(progress);
    rmSync(join(cluster.folder, 'blobs'), { recursive: true });
    await cluster.coordinator.kill();
    await assert.rejects(job, { code: 'JOB_LOST' });
  });
});
