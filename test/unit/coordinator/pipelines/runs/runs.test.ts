import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Point } from '../../../../../coordinator/pipelines/runs/attempt.ts';
import { SheafError } from '../../../../../shared/errors.ts';
import { until } from '../../../../support/cluster/cluster.ts';
import { TestLeader, testDocument } from '../../../../support/pipelines/pipeline-runs.ts';
import { begin, rowsTo, runWorld } from '../../../../support/pipelines/run-world.ts';

const points: readonly Point[] = [
  'cleaned',
  'prepared',
  'submitted',
  'loaded',
  'decided',
  'sinkCommitted',
  'committed',
];
const decidedAt: readonly Point[] = ['sinkCommitted', 'committed'];

const world = runWorld({ there: 3 });

const passing = () => new SheafError('SOURCE_FAILED', 'the service is away', { retryable: true });
const lasting = (code: 'SINK_FAILED' | 'PERMISSION_DENIED' = 'SINK_FAILED') =>
  new SheafError(code, 'the table is gone');

/** Stops the first run that comes to a point, until it is let on. */
function stopAt(point: Point) {
  const reached = Promise.withResolvers<void>();
  const letOn = Promise.withResolvers<void>();
  let first = true;
  const at = async (here: Point) => {
    if (here !== point || !first) return;
    first = false;
    reached.resolve();
    await letOn.promise;
  };
  return { at, reached: reached.promise, letOn: letOn.resolve };
}

test('a run loads what is new, moves the cursor, and tells what it did', async () => {
  using leader = await TestLeader.lead(world);
  const first = await leader.ended((await begin(leader)).id);
  assert.equal(first.life.state, 'succeeded');
  assert.equal(await leader.cursor(), 3);
  world.source.there = 5;
  const second = await leader.ended((await leader.desk.submit({ pipeline: 'numbers', cause: 'manual' })).id);
  assert.deepEqual(world.target.rows, rowsTo(5));
  const summary = second.life.state === 'succeeded' ? second.life.summary : assert.fail();
  assert.deepEqual(summary.sources[0], {
    ...{ name: 'numbers', connector: 'memory', rows: 2, rejected: 0, pieces: 1, first: ['numbers'] },
    ...{ cursorBefore: 3, cursorAfter: 5 },
  });
  assert.deepEqual([summary.outputs[0]?.rows, summary.outputs[0]?.detail], [2, { table: 'load' }]);
});

test('a backfill neither reads nor moves the cursor', async () => {
  using leader = await TestLeader.lead(world);
  await leader.ended((await begin(leader)).id);
  const { id } = await leader.desk.submit({
    pipeline: 'numbers',
    cause: 'backfill',
    interval: { startMs: 0, endMs: 1 },
  });
  await leader.ended(id);
  assert.deepEqual(world.target.rows, [...rowsTo(3), ...rowsTo(3)]);
  assert.equal(await leader.cursor(), 3);
});

for (const point of points) {
  test(`a leader killed at "${point}": the next one loads each row once`, async () => {
    const stop = stopAt(point);
    const first = await TestLeader.lead(world, stop.at);
    const { id } = await begin(first, testDocument('numbers', { outputs: ['load', 'copy'] }));
    await stop.reached;
    first[Symbol.dispose]();
    using second = await TestLeader.lead(world);
    const { life, attempt } = await second.ended(id);
    assert.equal(life.state, 'succeeded');
    assert.deepEqual(world.target.rows.toSorted(), [...rowsTo(3), ...rowsTo(3, 'copy')].toSorted());
    assert.equal(await second.cursor(), 3);
    assert.equal(attempt, decidedAt.includes(point) ? 1 : 2);
    await until(async () => (await second.stored(id)).cleaned === true, 'it is cleaned');
    assert.equal(world.target.staged.size, 0);
  });

  test(`a leader paused at "${point}" that goes on after another has led: each row once`, async () => {
    const stop = stopAt(point);
    using first = await TestLeader.lead(world, stop.at, {}, { unaware: true });
    const { id } = await begin(first, testDocument('numbers', { outputs: ['load', 'copy'] }));
    await stop.reached;
    using second = await TestLeader.lead(world);
    await second.ended(id);
    world.source.there = 9; // What the first one would load now.
    stop.letOn();
    await until(() => first.pipelines.idle, 'the first leader has come to its end');
    assert.deepEqual(world.target.rows.toSorted(), [...rowsTo(3), ...rowsTo(3, 'copy')].toSorted());
    assert.equal(await second.cursor(), 3);
    assert.equal((await second.stored(id)).life.state, 'succeeded');
  });

  test(`cancelled at "${point}"`, async () => {
    const stop = stopAt(point);
    using leader = await TestLeader.lead(world, stop.at);
    const { id } = await begin(leader);
    await stop.reached;
    const cancelling = leader.desk.cancel(id);
    if (decidedAt.includes(point)) await assert.rejects(cancelling, { code: 'NOT_SUPPORTED' });
    else await cancelling;
    stop.letOn();
    const { life } = await leader.ended(id);
    await until(async () => (await leader.stored(id)).cleaned === true, 'it is cleaned');
    assert.equal(life.state, decidedAt.includes(point) ? 'succeeded' : 'cancelled');
    assert.deepEqual(world.target.rows, decidedAt.includes(point) ? rowsTo(3) : []);
    assert.equal(await leader.cursor(), decidedAt.includes(point) ? 3 : null);
  });
}

test('a failed attempt is tried again if that may help, and what it staged goes', async () => {
  using leader = await TestLeader.lead(world);
  world.source.faults.push(passing(), passing());
  const { life, attempt, failures } = await leader.ended(
    (await begin(leader, testDocument('numbers', { attempts: 3 }))).id,
  );
  assert.deepEqual([life.state, attempt, failures], ['succeeded', 3, 2]);
  assert.deepEqual(world.target.rows, rowsTo(3));
});

test('a sink that was lost, and then says for certain that nothing is loaded', async () => {
  using leader = await TestLeader.lead(world);
  const certain = (code: 'SINK_FAILED' | 'STAGED_LOST') =>
    new SheafError(code, 'there is no entry', { details: { nothingLoaded: true } });
  world.target.faults.push({ call: 'commit', error: passing() }, { call: 'commit', error: certain('SINK_FAILED') });
  const { id } = await begin(leader);
  assert.equal((await leader.ended(id)).life.state, 'failed');
  world.target.faults.push({ call: 'commit', error: passing() }, { call: 'commit', error: certain('STAGED_LOST') });
  const again = await begin(leader, testDocument('numbers', { attempts: 2 }));
  const { life, attempt } = await leader.ended(again.id);
  assert.deepEqual([life.state, attempt, world.target.rows], ['succeeded', 2, rowsTo(3)]);
});

test('what cannot be cleaned now is cleaned later, by the same leader', async () => {
  using leader = await TestLeader.lead(world);
  world.target.faults.push({ call: 'clean', error: passing() }, { call: 'clean', error: passing() });
  const { id } = await begin(leader);
  assert.equal((await leader.ended(id)).life.state, 'succeeded');
  await until(async () => (await leader.stored(id)).cleaned === true, 'it is cleaned');
  assert.deepEqual([world.target.staged.size, world.target.faults.length], [0, 0]);
});

test('what will not pass is not tried again', async () => {
  using leader = await TestLeader.lead(world);
  world.source.faults.push(lasting('PERMISSION_DENIED'));
  const { life } = await leader.ended((await begin(leader, testDocument('numbers', { attempts: 3 }))).id);
  assert.equal(life.state === 'failed' && life.error.code, 'PERMISSION_DENIED');
  assert.deepEqual(world.target.rows, []);
});

test('a commit whose answer is lost is asked for again, and found', async () => {
  using leader = await TestLeader.lead(world);
  const lost = new SheafError('UNREACHABLE', 'the connection broke', { retryable: true });
  world.target.faults.push({ call: 'commit', error: lost, after: true });
  const { life } = await leader.ended((await begin(leader)).id);
  assert.equal(life.state, 'succeeded');
  assert.deepEqual([world.target.rows, world.target.commits], [rowsTo(3), 2]);
});

test('a target that refuses at once fails the run, with nothing loaded and the cursor where it was', async () => {
  using leader = await TestLeader.lead(world);
  world.target.faults.push({ call: 'commit', error: lasting() });
  const { life } = await leader.ended((await begin(leader)).id);
  assert.equal(life.state === 'failed' && life.error.code, 'SINK_FAILED');
  assert.deepEqual([world.target.rows, await leader.cursor()], [[], null]);
});

test('once one target has committed the others are asked until they have', async () => {
  using leader = await TestLeader.lead(world, (point) => {
    if (point === 'sinkCommitted' && world.target.commits === 1) {
      world.target.faults.push({ call: 'commit', error: lasting() }, { call: 'commit', error: lasting() });
    }
  });
  const { id } = await begin(leader, testDocument('numbers', { outputs: ['load', 'copy'] }));
  let seen: string | undefined;
  for await (const { life } of leader.views.watch(id, new AbortController().signal)) {
    if (life.state === 'committing') seen ??= life.error?.code;
  }
  assert.equal(seen, 'SINK_FAILED', 'what keeps it is told');
  assert.deepEqual(world.target.rows, [...rowsTo(3), ...rowsTo(3, 'copy')]);
});

test('runs of one pipeline go one after the other, of others beside it', async () => {
  const stop = stopAt('loaded');
  using leader = await TestLeader.lead(world, stop.at);
  const first = await begin(leader);
  await stop.reached;
  const second = await leader.desk.submit({ pipeline: 'numbers', cause: 'manual' });
  await leader.ended((await begin(leader, testDocument('others'))).id);
  assert.equal((await leader.stored(second.id)).life.state, 'queued');
  stop.letOn();
  await leader.ended(first.id);
  await leader.ended(second.id);
  assert.deepEqual(
    world.target.rows.toSorted(),
    [...rowsTo(3), ...rowsTo(3)].toSorted(),
    'the second found nothing new',
  );
});

test('the same id is the same run; a wrong one is refused at once', async () => {
  using leader = await TestLeader.lead(world);
  await leader.desk.put(testDocument(), false);
  const request = { pipeline: 'numbers', cause: 'schedule', id: 'numbers-1' } as const;
  const [one, two] = await Promise.all([leader.desk.submit(request), leader.desk.submit(request)]);
  await leader.ended('numbers-1');
  const three = await leader.desk.submit(request);
  assert.deepEqual([one.id, two.id, three.life.state], ['numbers-1', 'numbers-1', 'succeeded']);
  assert.deepEqual(world.target.rows, rowsTo(3));
  const wrong = { ...request, id: 'numbers-2', params: { wrong: 1 } };
  await assert.rejects(leader.desk.submit(wrong), { code: 'PIPELINE_INVALID' });
  await assert.rejects(leader.desk.submit({ ...request, pipeline: 'number', id: 'n' }), /no pipeline number/);
  await assert.rejects(async () => leader.views.info('numbers-2'), { code: 'RUN_UNKNOWN' });
});

test('old runs are forgotten, a pipeline with all that is known of it can be', async () => {
  using leader = await TestLeader.lead(world, undefined, { runHistoryMax: 2 });
  await leader.desk.put(testDocument(), false);
  for (let n = 0; n < 4; n += 1) {
    const { id } = await leader.desk.submit({ pipeline: 'numbers', cause: 'manual', id: `numbers-${n}` });
    await leader.ended(id);
    await until(async () => (await leader.stored(id)).cleaned === true, 'it is cleaned');
  }
  assert.deepEqual(
    leader.views.list('numbers', 0).map(({ id }) => id),
    ['numbers-3', 'numbers-2'],
  );
  await leader.desk.remove('numbers');
  assert.deepEqual([await leader.cursor(), leader.views.list(undefined, 0), leader.desk.pipelines()], [null, [], []]);
  assert.deepEqual(await world.store.list('/sheaf/test/'), []);
});

test('a secret that a sink tells stands in no record', async () => {
  using leader = await TestLeader.lead(world);
  const { Secrets } = await import('../../../../../shared/secrets.ts');
  const value = new Secrets(undefined, { SHEAF_SECRET_PASSWORD: 'hunter22' }).get('PASSWORD');
  world.target.faults.push({ call: 'commit', error: new SheafError('SINK_FAILED', `password ${value} is wrong`) });
  const { id } = await begin(leader);
  await leader.ended(id);
  assert.equal(JSON.stringify(await world.store.list('/')).includes(value), false);
});
