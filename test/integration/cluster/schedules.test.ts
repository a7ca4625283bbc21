import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { connectorSink, connectorSource, pipeline } from '../../../pipeline/index.ts';
import { until, withCluster } from '../../support/cluster/cluster.ts';
import { startEtcd, type TestEtcd } from '../../support/servers/etcd.ts';

/** Schedules on real processes with etcd, where a standby takes over. */
let etcd: TestEtcd;
before(async () => {
  etcd = await startEtcd();
});
after(() => etcd.stop());

const register = new URL('../../support/connectors/register-connectors.ts', import.meta.url).href;

test('due every second while leaders are killed: each due time has its run, and one only', async () => {
  const env = { NODE_OPTIONS: `--import ${register}` };
  await withCluster({ etcd: etcd.endpoint, name: 'schedules', shared: true, env }, async (cluster) => {
    for (let n = 0; n < 2; n += 1) await cluster.addCoordinator().address;
    const { pipelines } = await cluster.connectToAll();
    const folder = join(cluster.folder, 'loaded');
    const loaded = () => globSync(join(folder, '*.committed')).map((file) => basename(file).split('.')[0] ?? '');
    await pipelines.deploy(
      pipeline('numbers', {
        schedule: { cron: '* * * * * *', overlap: 'queue', catchUp: 'all' },
        extract: connectorSource<{ n: 'bigint' }>('numbers', { pieces: 1, rowsPerPiece: 2 }),
        load: connectorSink('numbers', { folder }),
      }),
    );
    for (const coordinator of [0, 1]) {
      const before = loaded().length;
      await until(() => loaded().length >= before + 2, 'runs load', 60_000);
      // As near to a due time as a test gets: in the middle of what is begun then.
      await new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000) + 3 * coordinator));
      await cluster.coordinators[coordinator]?.kill();
    }
    const before = loaded().length;
    await until(() => loaded().length >= before + 2, 'runs load', 60_000);
    await pipelines.pause('numbers');
    const isDone = async () => (await pipelines.runs()).every(({ life }) => 'endedMs' in life);
    await until(isDone, 'all runs have ended', 60_000);
    const runs = await pipelines.runs({ limit: 1000 });
    const due = runs.map(({ interval }) => interval?.endMs ?? 0).sort((a, b) => a - b);
    assert.deepEqual(
      due.map((dueMs) => (dueMs - (due[0] ?? 0)) / 1000),
      Array.from(due, (_, n) => n),
      'second by second',
    );
    assert.ok(runs.every(({ life }) => life.state === 'succeeded'));
    assert.deepEqual(loaded().sort(), runs.map(({ id }) => id).sort());
  });
});
