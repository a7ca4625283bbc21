import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { pipeline, sink, source } from '../../../pipeline/index.ts';
import { until } from '../../support/cluster/cluster.ts';
import { allCleaned, PipelineLab } from '../../support/pipelines/pipeline-lab.ts';

let lab: PipelineLab;
before(async () => {
  lab = await PipelineLab.start();
});
after(() => lab[Symbol.asyncDispose]());

test('the target crashes between decision and commit, and what was staged is gone: the run begins anew', async () => {
  await lab.postgres.query(`CREATE TABLE numbers AS SELECT i AS id FROM generate_series(1, 1000) i;
    CREATE TABLE target (id integer)`);
  await using cluster = await lab.cluster(0);
  const client = await cluster.connectToLeader();
  const holder = new pg.Client(lab.postgres.url);
  holder.on('error', () => {}); // Its server is killed.
  await holder.connect();
  await holder.query('BEGIN; LOCK TABLE target IN ACCESS EXCLUSIVE MODE');
  const { id } = await client.pipelines.submit(
    pipeline('numbers', {
      extract: source.postgres({ table: 'numbers', incremental: 'id' }),
      load: sink.postgres('target'),
      retry: { firstDelay: '50ms' },
    }),
  );
  await until(async () => (await client.pipelines.runInfo(id)).life.state === 'committing', 'it is decided');
  await lab.postgres.kill();
  await lab.postgres.start();
  const run = await client.pipelines.follow(id, { signal: AbortSignal.timeout(30_000) });
  assert.equal(run.life.state, 'succeeded', JSON.stringify(run.life));
  const [row] = await lab.postgres.query(`SELECT count(*)::int AS n, count(DISTINCT id)::int AS different FROM target`);
  assert.deepEqual(row, { n: 1000, different: 1000 });
  await allCleaned(client);
  assert.deepEqual(await lab.stagingTables(), []);
});
