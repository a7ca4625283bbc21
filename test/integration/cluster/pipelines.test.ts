import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Cluster } from '../../../client/index.ts';
import { connectorSink, connectorSource, pipeline } from '../../../pipeline/index.ts';
import type { Pipeline } from '../../../pipeline/pipeline.ts';
import { type TestCluster, until, withCluster } from '../../support/cluster/cluster.ts';
import { CommandLine } from '../../support/processes/command-line.ts';
import { startEtcd, type TestEtcd } from '../../support/servers/etcd.ts';

/** Pipelines on real processes with etcd: whatever becomes of leaders, each row is loaded once. */
let etcd: TestEtcd;
before(async () => {
  etcd = await startEtcd();
});
after(() => etcd.stop());

const register = new URL('../../support/connectors/register-connectors.ts', import.meta.url).href;
let clusters = 0;

const withStandby = (body: (cluster: TestCluster, client: Cluster) => Promise<void>, standbys = 1): Promise<void> => {
  const env = { NODE_OPTIONS: `--import ${register}` };
  return withCluster({ etcd: etcd.endpoint, name: `p${clusters++}`, shared: true, env }, async (cluster) => {
    for (let n = 0; n < standbys; n += 1) await cluster.addCoordinator().address;
    await body(cluster, await cluster.connectToAll());
  });
};

const numbers = (cluster: TestCluster, pieces: number, delayMs = 0): Pipeline =>
  pipeline('numbers', {
    extract: connectorSource<{ n: 'bigint' }>('numbers', { pieces, rowsPerPiece: 10 }, { incremental: true }),
    load: connectorSink('numbers', { folder: join(cluster.folder, 'loaded'), delayMs }),
  });

/** Two targets, of which the second refuses for good. */
const halfRefused = (cluster: TestCluster): Pipeline => {
  const folder = join(cluster.folder, 'loaded');
  return pipeline('half', {
    extract: connectorSource<{ n: 'bigint' }>('numbers', { pieces: 1, rowsPerPiece: 3 }, { incremental: true }),
    transform: ({ extract, sql }) => ({ first: sql`select n from ${extract}`, second: sql`select n from ${extract}` }),
    load: { first: connectorSink('numbers', { folder }), second: connectorSink('numbers', { folder, refuses: true }) },
  });
};

const loaded = (cluster: TestCluster): number[] =>
  globSync(join(cluster.folder, 'loaded', '*.committed'))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { readonly n: number }).n)
    .sort((a, b) => a - b);

const staged = (cluster: TestCluster): string[] => globSync(join(cluster.folder, 'loaded', '*.staged'));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test('a leader killed while a run loads: the standby begins it anew, and each row is there once', async () => {
  await withStandby(async (cluster, client) => {
    const running = client.pipelines.run(numbers(cluster, 6, 150));
    await until(() => staged(cluster).length > 0, 'tasks write');
    await cluster.coordinator.kill();
    const run = await running;
    assert.deepEqual([run.life.state, run.attempt, run.takeovers], ['succeeded', 2, 1]);
    assert.deepEqual(loaded(cluster), upTo(60));
    await until(async () => (await client.pipelines.runInfo(run.id)).cleaned === true, 'it is cleaned');
    assert.deepEqual(staged(cluster), []);
    const next = await client.pipelines.run('numbers');
    const [source] = next.life.state === 'succeeded' ? next.life.summary.sources : [];
    assert.deepEqual([source?.rows, source?.cursorBefore, loaded(cluster).length], [0, 6, 60]);
  });
});

test('leaders killed at any moment of many runs: each row once, in the order of the cursor', async () => {
  await withStandby(async (cluster, client) => {
    let done = 0;
    const runs = (async () => {
      for (let pieces = 3; pieces <= 18; pieces += 3, done += 1) {
        const { life } = await client.pipelines.run(numbers(cluster, pieces, 5));
        assert.equal(life.state, 'succeeded');
      }
    })();
    for (const [coordinator, over] of [1, 3].entries()) {
      await until(() => done >= over, 'some runs are over', 60_000);
      await new Promise((resolve) => setTimeout(resolve, 37 * over));
      await cluster.coordinators[coordinator]?.kill();
    }
    await runs;
    assert.deepEqual(loaded(cluster), upTo(180));
    const known = await client.pipelines.runs({ pipeline: 'numbers' });
    assert.deepEqual(
      known.map(({ life }) => life.state),
      Array.from({ length: 6 }, () => 'succeeded'),
    );
  }, 2);
});

test('cancelled while it loads: nothing is loaded, nothing stays, and the next run begins at once', async () => {
  await withStandby(async (cluster, client) => {
    const { id } = await client.pipelines.submit(numbers(cluster, 4, 500));
    await until(() => staged(cluster).length > 0, 'tasks write');
    await client.pipelines.cancel(id);
    assert.equal((await client.pipelines.follow(id)).life.state, 'cancelled');
    await until(async () => (await client.pipelines.runInfo(id)).cleaned === true, 'it is cleaned');
    assert.deepEqual([loaded(cluster), staged(cluster)], [[], []]);
    await client.pipelines.run(numbers(cluster, 4));
    assert.deepEqual(loaded(cluster), upTo(40));
    await client.pipelines.remove('numbers');
    assert.deepEqual(await client.pipelines.runs(), []);
    await assert.rejects(client.pipelines.run('numbers'), { code: 'PIPELINE_UNKNOWN' });
  });
});

test('half loaded for good: given up from the command line, it says what is loaded, and the cursor stays', async () => {
  await withStandby(async (cluster, client) => {
    await using shell = new CommandLine();
    const { id } = await client.pipelines.submit(halfRefused(cluster));
    await until(async () => {
      const { life } = await client.pipelines.runInfo(id);
      return life.state === 'committing' && life.error !== undefined;
    }, 'a sink refuses');
    const at = ['--cluster', await cluster.coordinator.address];
    const refused = await shell.run('cancel', id, ...at);
    assert.match(refused.stderr, new RegExp(`npx sheaf cancel ${id} --abandon`));
    const { stdout, stderr } = await shell.run('cancel', id, '--abandon', ...at);
    assert.match(stdout + stderr, /is failed/);
    const { stdout: info } = await shell.run('run-info', id, ...at);
    assert.match(info, /first +numbers +3 +0 .* yes\n *second +numbers +3 +0 .* no\n/);
    assert.match(info, /loaded are first; not loaded are second/);
    assert.deepEqual(loaded(cluster), upTo(3));
    await until(async () => (await client.pipelines.runInfo(id)).cleaned === true, 'it is cleaned');
    assert.deepEqual(staged(cluster), []);
  });
});
