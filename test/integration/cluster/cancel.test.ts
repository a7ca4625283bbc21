import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Cluster } from '../../../client/index.ts';
import { Progress, smallTasks, TestCluster, until } from '../../support/cluster/cluster.ts';
import { flightsFile } from '../../support/duckdb-answer.ts';
import { checkDelays, delays } from './delays.ts';

/** Jobs that are called off: their slots are free again soon, and nothing of them is left. */
let cluster: TestCluster;
let client: Cluster;
before(async () => {
  cluster = await TestCluster.start({ workers: 1, threads: 2, config: smallTasks });
  client = await cluster.connect();
});
after(() => cluster[Symbol.asyncDispose]());

/** Heavy for every operator that DuckDB spends long in. */
const heavy: Readonly<Record<string, string>> = {
  'a cross join': `SELECT count(*) AS n FROM '${flightsFile}' a, '${flightsFile}' b WHERE a.delay + b.delay = 7`,
  'a sort': `SELECT * FROM (SELECT a.* FROM '${flightsFile}' a, range(12)) ORDER BY md5(origin || delay), date LIMIT 5000000`,
};

for (const [what, sql] of Object.entries(heavy)) {
  test(`cancelled in the middle of ${what}: the slot is free and the job cancelled`, async () => {
    const stop = new AbortController();
    const progress = new Progress();
    const job = client.sql(sql).collect({ signal: stop.signal, name: what, onProgress: progress.onProgress });
    const refused = assert.rejects(job, { code: 'CANCELLED' });
    await progress.reaches(({ stages }) => stages.some(({ running }) => running > 0), 'its tasks run');
    await new Promise((resolve) => setTimeout(resolve, 700));
    stop.abort();
    await refused;
    await until(async () => (await client.workers())[0]?.running === 0, 'its slot is free');
    await until(async () => stateOf(await client.jobs(), what) === 'cancelled', 'the job is cancelled');
  });
}

const stateOf = (jobs: Awaited<ReturnType<Cluster['jobs']>>, name: string) =>
  jobs.findLast((job) => job.name === name)?.state;

test('cancelled while it writes: nothing is left at the destination', async () => {
  const out = `${cluster.folder}/out`;
  const stop = new AbortController();
  const progress = new Progress();
  const job = client
    .sql(`SELECT a.* FROM '${flightsFile}' a, range(30)`)
    .write.parquet(`${out}/much`, { signal: stop.signal, onProgress: progress.onProgress });
  const refused = assert.rejects(job, { code: 'CANCELLED' });
  await progress.reaches(({ stages }) => stages.some(({ running }) => running > 0), 'it writes');
  await until(() => filesIn(out).length > 0, 'the staging directory is there');
  stop.abort();
  await refused;
  await until(() => filesIn(out).length === 0, 'the staging directory is gone');
  await until(async () => (await client.workers())[0]?.running === 0, 'the slots are free');
});

const filesIn = (path: string): string[] => {
  try {
    return readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

test('cancelled by another client, and at every stage of its life', async () => {
  const other = await cluster.connect();
  for (let waitMs = 0; waitMs < 320; waitMs += 40) {
    const name = `life-${waitMs}`;
    const ended = client
      .sql(`SELECT origin, sum(delay) FROM '${flightsFile}' GROUP BY 1`)
      .collect({ name })
      .then(
        () => 'succeeded',
        (error: { code: string }) => error.code,
      );
    await until(async () => stateOf(await other.jobs(), name) !== undefined, 'it is known');
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    const { id } = (await other.jobs()).findLast((job) => job.name === name) ?? assert.fail();
    await other.cancel(id);
    const state = { succeeded: 'succeeded', CANCELLED: 'cancelled' }[await ended];
    assert.equal(stateOf(await other.jobs(), name), state);
  }
  await checkDelays(delays(client, new Progress(), 0));
  await until(async () => (await client.workers())[0]?.exchangeBytes === 0, 'no data is left');
});
