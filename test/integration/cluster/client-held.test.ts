import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Float64, makeData, RecordBatch } from 'apache-arrow';
import { Progress, until, withCluster } from '../../support/cluster/cluster.ts';
import { assertSameRows } from '../../support/same-rows.ts';
import { slowly } from './functions.ts';

/** Megabytes to stream; by hand: `MEGABYTES=5000 node --test test/integration/cluster/client-held.test.ts`. */
const megabytes = Number(process.env.MEGABYTES ?? 400);

/** Of 8 MB each: their numbers count on from batch to batch. */
function* batches(count: number): Generator<RecordBatch> {
  const rows = 1_000_000;
  for (let batch = 0; batch < count; batch++) {
    const values = new Float64Array(rows);
    for (let row = 0; row < rows; row++) values[row] = batch * rows + row;
    yield new RecordBatch({ n: makeData({ type: new Float64(), length: rows, data: values }) });
  }
}

/** The most memory that a process ever had, in MB. */
const peakMegabytes = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

test('a dataset of the client passes through a coordinator whose memory stays flat, and outlives a worker', async (context) => {
  await withCluster({}, async (cluster, client) => {
    const count = Math.ceil(megabytes / 8);
    const progress = new Progress();
    const answer = Array.fromAsync(
      client
        .from(batches(count))
        .mapBatches((batch, params) => slowly(batch, params), { schema: { n: 'double' }, params: { ms: 10 } })
        .agg({ rows: 'count(*)::double', sum: 'sum(n)', largest: 'max(n)' })
        .rows({ onProgress: progress.onProgress }),
    );
    await progress.reaches(({ stages }) => (stages[0]?.finished ?? 0) >= 1, 'the first task is done', 300_000);
    await cluster.workers[0]?.kill();
    const rows = count * 1_000_000;
    assertSameRows(await answer, [{ rows, sum: (rows * (rows - 1)) / 2, largest: rows - 1 }], true, 'numbers');
    const { outputLost = 0, workerLost = 0 } = progress.reruns;
    assert.ok(outputLost + workerLost > 0, 'its tasks ran again');
    const peak = peakMegabytes(cluster.coordinator.pid);
    assert.ok(peak < 500, `the coordinator took ${peak} MB`);
    context.diagnostic(`the coordinator took ${Math.round(peak)} MB at most, for ${megabytes} MB`);
    await until(() => spooled(cluster.folder).length === 0, 'the spooled dataset is gone');
  });
});

const spooled = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /spool\/dataset-/.test(name));
