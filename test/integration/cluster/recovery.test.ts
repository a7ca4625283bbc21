import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster } from '../../../client/index.ts';
import { Progress, smallTasks, type TestCluster, until, withCluster } from '../../support/cluster/cluster.ts';
import { duckdbAnswer, flightsFile } from '../../support/duckdb-answer.ts';
import { assertSameRows } from '../../support/same-rows.ts';
import { startEtcd } from '../../support/servers/etcd.ts';
import { slowly } from './functions.ts';

const routes = (client: Cluster, ms: number) =>
  client.read
    .parquet(flightsFile)
    .select('origin', 'destination', 'delay')
    .mapBatches((batch, params) => slowly(batch, params), {
      schema: { origin: 'varchar', destination: 'varchar', delay: 'bigint' },
      params: { ms },
    })
    .groupBy('origin', 'destination')
    .agg({ flights: 'count(*)::double', mean_delay: 'avg(delay)', late: 'sum((delay > 15)::int)::double' })
    .orderBy('flights desc', 'origin', 'destination');

const routesOfDuckDb = (): Record<string, unknown>[] =>
  duckdbAnswer(`
    SELECT origin, destination, count(*)::double AS flights, avg(delay) AS mean_delay,
      sum((delay > 15)::int)::double AS late
    FROM '${flightsFile}' GROUP BY ALL ORDER BY flights DESC, origin, destination`);

/** A worker that holds an exchange file of the job and runs a task. */
async function busyHolder(cluster: TestCluster, client: Cluster) {
  let pid = 0;
  await until(async () => {
    const holders = (await client.workers()).filter(({ exchangeBytes, running }) => exchangeBytes > 0 && running > 0);
    pid = holders[0]?.pid ?? 0;
    return pid !== 0;
  }, 'a worker has committed an exchange file and runs a task');
  return cluster.worker(pid);
}

test('a worker killed after it committed an exchange file, while it runs a task: re-runs, and the same answer', async () => {
  await using etcd = await startEtcd();
  await withCluster({ etcd: etcd.endpoint, config: smallTasks }, async (cluster, client) => {
    const progress = new Progress();
    const answer = Array.fromAsync(routes(client, 60).rows({ onProgress: progress.onProgress }));
    await progress.reaches(({ stages }) => (stages[0]?.finished ?? 0) >= 4, 'four tasks of the first stage are done');
    const victim = await busyHolder(cluster, client);
    await victim.kill();
    assertSameRows(await answer, routesOfDuckDb(), true, 'routes');
    const { outputLost = 0, workerLost = 0 } = progress.reruns;
    assert.ok(outputLost >= 1, `finished tasks ran again: ${JSON.stringify(progress.reruns)}`);
    assert.ok(workerLost >= 1, `running tasks ran again: ${JSON.stringify(progress.reruns)}`);
  });
});
