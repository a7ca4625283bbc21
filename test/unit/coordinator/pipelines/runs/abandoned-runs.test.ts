import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Point } from '../../../../../coordinator/pipelines/runs/attempt.ts';
import { SheafError } from '../../../../../shared/errors.ts';
import { until } from '../../../../support/cluster/cluster.ts';
import { TestLeader, testDocument } from '../../../../support/pipelines/pipeline-runs.ts';
import { begin, rowsTo, runWorld } from '../../../../support/pipelines/run-world.ts';

const world = runWorld({ there: 3 });

const lasting = () => new SheafError('SINK_FAILED', 'the table is gone');

/** One target has committed, another refuses for good, and a third has not been asked. */
function halfWay() {
  const refuse = () => world.target.faults.push({ call: 'commit', error: lasting() });
  return {
    at: (point: Point) => {
      if (point === 'sinkCommitted' && world.target.ledger.size === 1) refuse();
    },
    document: testDocument('numbers', { outputs: ['load', 'copy', 'third'] }),
    stuck: async (leader: TestLeader, id: string) =>
      until(async () => {
        const { life } = await leader.stored(id);
        return life.state === 'committing' && life.error !== undefined;
      }, 'a sink refuses'),
  };
}

test('a run that a target refuses for good, half loaded, is abandoned when somebody says so', async () => {
  const { at, document, stuck } = halfWay();
  using leader = await TestLeader.lead(world, at);
  const { id } = await begin(leader, document);
  await stuck(leader, id);
  const next = await leader.desk.submit({ pipeline: 'numbers', cause: 'manual' });
  await assert.rejects(leader.desk.cancel(id), { code: 'NOT_SUPPORTED', next: /--abandon/ });
  await leader.desk.cancel(id, true);
  const { life } = leader.views.info(id);
  assert.ok(life.state === 'failed');
  assert.match(life.error.message, /loaded are load; nobody knows of copy, third\. the table is gone/);
  const outputs = life.summary?.outputs.map(({ name, loaded }) => [name, loaded]);
  assert.deepEqual(outputs, [
    ['load', 'yes'],
    ['copy', 'unknown'],
    ['third', 'unknown'],
  ]);
  await until(async () => (await leader.stored(id)).cleaned === true, 'it is cleaned');
  world.target.faults.length = 0;
  await leader.ended(next.id);
  assert.deepEqual(
    world.target.rows.toSorted(),
    [...rowsTo(3), ...rowsTo(3), ...rowsTo(3, 'copy'), ...rowsTo(3, 'third')].toSorted(),
    'the cursor had not moved: the next run, which waited, reads the same',
  );
});

test('a target that takes it after all: an abandoned run has succeeded', async () => {
  const { at, document, stuck } = halfWay();
  using leader = await TestLeader.lead(world, at, { commitRetryMs: 600_000, commitRetryMsMax: 600_000 });
  const { id } = await begin(leader, document);
  await stuck(leader, id);
  world.target.ledger.set('enough', null); // It refuses no more.
  await leader.desk.cancel(id, true);
  assert.equal(leader.views.info(id).life.state, 'succeeded');
  assert.equal(await leader.cursor(), 3);
});

test('a leader that ends while a run is being abandoned: the next one asks once, and ends it', async () => {
  const { at, document, stuck } = halfWay();
  const first = await TestLeader.lead(world, at);
  const { id } = await begin(first, document);
  await stuck(first, id);
  void first.desk.cancel(id, true).catch(() => {});
  await until(async () => {
    const { life } = await first.stored(id);
    return life.state !== 'committing' || life.abandoned === true;
  }, 'it is told');
  first[Symbol.dispose]();
  using second = await TestLeader.lead(world, at);
  assert.equal((await second.ended(id)).life.state, 'failed');
  assert.equal(await second.cursor(), null);
});
