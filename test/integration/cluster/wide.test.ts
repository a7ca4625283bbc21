import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Cluster, local } from '../../../client/index.ts';
import { loadConfig } from '../../../shared/config/config.ts';
import { type JobsContract, jobsService } from '../../../shared/contracts/jobs.ts';
import { readInline } from '../../../shared/exchange/inline-rows.ts';
import type { JobResult } from '../../../shared/plan/job.ts';
import { connectTo } from '../../../shared/rpc/client.ts';
import { loadService } from '../../../shared/rpc/proto.ts';
import { Progress, TestCluster, until } from '../../support/cluster/cluster.ts';
import { duckdbAnswer, flightsFile } from '../../support/duckdb-answer.ts';

/** Questions that run as one task over all threads of one worker, on a real cluster. */
const wide = { wideBytesMax: 2 ** 30, taskBytesMin: 1, resultInlineBytesMax: 2 ** 15 };
let cluster: TestCluster;
let client: Cluster;
before(async () => {
  cluster = await TestCluster.start({ workers: 1, threads: 4, config: { ...wide, taskAttemptsMax: 2 } });
  client = await cluster.connect();
});
after(() => cluster[Symbol.asyncDispose]());

const busiest = `SELECT origin, count(*)::DOUBLE AS n, sum(delay)::DOUBLE AS s FROM '${flightsFile}' GROUP BY origin ORDER BY origin`;
const expected = duckdbAnswer(busiest);
const rowsOf = (sql: string) => Array.fromAsync(client.sql(sql).rows());

test('a wide question is one stage of one task, and answers as DuckDB does', async () => {
  assert.match(await client.sql(busiest).explain(), /on all threads of one worker/);
  const progress = new Progress();
  await client.sql(busiest).collect({ onProgress: progress.onProgress, name: 'busiest' });
  assert.deepEqual(await rowsOf(busiest), expected);
  const job = (await client.jobs()).find(({ name }) => name === 'busiest');
  assert.deepEqual(
    job?.stages.map(({ tasks }) => tasks),
    [1],
  );
});

test('a small result comes with the news that the job is done, and is kept no longer than until it is released', async () => {
  using connection = connectTo(await cluster.coordinator.address, { config: loadConfig({}) });
  const jobs = connection.client(loadService<JobsContract>('jobs', jobsService));
  const resultOf = async (job: string): Promise<JobResult | undefined> => {
    let result: JobResult | undefined;
    for await (const { resultJson } of jobs.watch({ job }))
      if (resultJson !== '') result = JSON.parse(resultJson) as JobResult;
    return result;
  };
  const submit = (text: string) =>
    jobs.submit({ json: JSON.stringify({ plan: { kind: 'sql', text }, name: 'few', priority: 0 }) });
  const [few, many] = [
    await submit(busiest),
    await submit(`SELECT * FROM '${flightsFile}' ORDER BY ALL LIMIT 100_000`),
  ];
  const [part] = (await resultOf(few.job))?.parts ?? [];
  assert.ok(part?.inline && readInline(part.inline).batches.reduce((sum, { rows }) => sum + rows, 0) === part.rows);
  assert.equal((await resultOf(many.job))?.parts[0]?.inline, undefined);
  for (const { job } of [few, many]) await jobs.release({ job });
  assert.equal((await resultOf(few.job))?.parts[0]?.inline, undefined);
});

test('wide, ordinary and function tasks share a worker in turn', async () => {
  const grouped = () => client.sql(busiest).count();
  const ordinary = () => client.sql(`SELECT delay + 1 AS d FROM '${flightsFile}' WHERE delay > 100`).count();
  const called = () =>
    client
      .sql(`SELECT delay FROM '${flightsFile}' WHERE delay > 100`)
      .filter((row) => Number(row.delay) > 200)
      .count();
  const first = await Promise.all([grouped(), ordinary(), called()]);
  const rounds = await Promise.all(
    Array.from({ length: 6 }, async () => await Promise.all([grouped(), ordinary(), called()])),
  );
  for (const round of rounds) assert.deepEqual(round, first);
});

test('a wide question writes files', async () => {
  const out = `${cluster.folder}/busiest`;
  await client.sql(busiest).write.parquet(out);
  assert.deepEqual(await rowsOf(`SELECT * FROM '${out}/*.parquet' ORDER BY origin`), expected);
});

test('cancelled in its middle: all threads are free again', async () => {
  const stop = new AbortController();
  const progress = new Progress();
  const sql = `SELECT count(*) AS n FROM '${flightsFile}' a, '${flightsFile}' b WHERE a.delay + b.delay = 7 AND a.origin <> b.origin`;
  const job = client.sql(sql).collect({ signal: stop.signal, onProgress: progress.onProgress });
  const refused = assert.rejects(job, { code: 'CANCELLED' });
  await progress.reaches(({ stages }) => stages.some(({ running }) => running > 0), 'it runs');
  await new Promise((resolve) => setTimeout(resolve, 500));
  stop.abort();
  await refused;
  await until(async () => (await client.workers())[0]?.running === 0, 'its slot is free');
  assert.deepEqual(await rowsOf(busiest), expected);
});

test('a question that fails says why, and the worker works on', async () => {
  const bad = `SELECT origin, sum(CAST(origin AS INTEGER)) AS s FROM '${flightsFile}' GROUP BY origin`;
  await assert.rejects(client.sql(bad).collect(), /Could not convert/);
  assert.deepEqual(await rowsOf(busiest), expected);
});

const lists = `SELECT origin, len(list(repeat(origin, 60)))::DOUBLE AS n FROM '${flightsFile}' GROUP BY origin ORDER BY origin`;

test('what runs out of memory wide is planned again, distributed: its groups then fit by parts', async () => {
  const progress = new Progress();
  const table = await client.sql(lists).collect({ onProgress: progress.onProgress, name: 'lists' });
  assert.ok((progress.reruns.outOfMemory ?? 0) >= 1);
  const counts = duckdbAnswer(
    `SELECT origin, count(*)::DOUBLE AS n FROM '${flightsFile}' GROUP BY origin ORDER BY origin`,
  );
  assert.deepEqual(
    table.toArray().map((row) => ({ ...row })),
    counts,
  );
  const job = (await client.jobs()).find(({ name }) => name === 'lists');
  assert.ok((job?.stages.length ?? 0) > 1);
});

test('in an embedded cluster a large question has the memory of all workers, one that is not that of its own', async () => {
  const reruns = async (largeWideBytesMin: number) => {
    const config = { ...wide, largeWideBytesMin };
    await using embedded = await local({ workers: 3, threads: 1, memoryLimitBytes: 600 * 2 ** 20, config });
    const progress = new Progress();
    await embedded.sql(lists).collect({ onProgress: progress.onProgress });
    return progress.reruns.outOfMemory ?? 0;
  };
  assert.deepEqual([await reruns(1), await reruns(2 ** 40)], [0, 1]);
});

test('what fits neither wide nor by parts says so', async () => {
  const progress = new Progress();
  const list = client.sql(`SELECT list(a.origin || a.date) AS l FROM '${flightsFile}' a, range(20)`);
  await assert.rejects(list.collect({ onProgress: progress.onProgress }), { code: 'OUT_OF_MEMORY' });
  assert.ok((progress.reruns.outOfMemory ?? 0) >= 1);
  assert.deepEqual(await rowsOf(busiest), expected);
});
