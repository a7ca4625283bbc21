import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Point } from '../../../../../coordinator/pipelines/runs/attempt.ts';
import type { Schedule } from '../../../../../pipeline/records/document.ts';
import type { RunRecord } from '../../../../../pipeline/records/run.ts';
import type { ScheduleRecord } from '../../../../../pipeline/records/schedule.ts';
import { keysOf } from '../../../../../shared/store/keys.ts';
import { until } from '../../../../support/cluster/cluster.ts';
import { TestLeader, testDocument } from '../../../../support/pipelines/pipeline-runs.ts';
import { runWorld } from '../../../../support/pipelines/run-world.ts';

const at = (clock: string): number => Date.parse(`2026-01-31T${clock}Z`);
const often = { scheduleLookMs: 10 };

let clock: string;
const world = runWorld({ now: () => at(clock) });

beforeEach(() => {
  clock = '08:30';
});

const hourly = (given: Partial<Schedule> = {}) =>
  testDocument('numbers', {
    schedule: { cron: '0 * * * *', timeZone: 'UTC', overlap: 'queue', catchUp: 'all', ...given },
  });

/** The hours that have a run, as the store has them. */
async function started(): Promise<string[]> {
  const entries = await world.store.list(keysOf('test').runs);
  return entries
    .map(({ value }) => (JSON.parse(value) as RunRecord).interval?.endMs ?? 0)
    .sort((a, b) => a - b)
    .map((dueMs) => new Date(dueMs).toISOString().slice(11, 16));
}

const stored = async (): Promise<ScheduleRecord> => {
  const entry = await world.store.get(keysOf('test').schedule('numbers'));
  return JSON.parse(entry?.value ?? 'null') as ScheduleRecord;
};

const handled = (hour: string) =>
  until(async () => (await stored()).handledMs === at(hour), `what is due at ${hour} is done with`);

/** Time for the timetable to look often again: more than it takes. */
const meanwhile = () => new Promise((done) => setTimeout(done, 60));

function stopAt(point: Point) {
  const reached = Promise.withResolvers<void>();
  const letOn = Promise.withResolvers<void>();
  const hook = async (here: Point) => {
    if (here !== point) return;
    reached.resolve();
    await letOn.promise;
  };
  return { hook, reached: reached.promise, letOn: letOn.resolve };
}

test('from its deployment on, each due time gets its run', async () => {
  using leader = await TestLeader.lead(world, undefined, often);
  world.source.there = 2;
  await leader.desk.put(hourly(), true);
  await meanwhile();
  assert.deepEqual(await started(), []);
  clock = '09:00';
  await handled('09:00');
  clock = '10:00:05';
  await handled('10:00');
  assert.deepEqual(await started(), ['09:00', '10:00']);
  const [info] = leader.desk.schedules();
  assert.deepEqual(info?.nextMs, [at('11:00'), at('12:00'), at('13:00')]);
  assert.equal(info?.lastRun?.dueMs, at('10:00'));
  await leader.ended(info?.lastRun?.id ?? '');
  assert.deepEqual(world.target.rows, ['load: row 0', 'load: row 1']);
});

for (const point of ['due', 'started', 'prepared', 'decided', 'committed'] as const) {
  test(`a leader killed at "${point}": none is missed, none starts twice`, async () => {
    const stop = stopAt(point);
    const first = await TestLeader.lead(world, stop.hook, often);
    world.source.there = 3;
    await first.desk.put(hourly(), true);
    clock = '09:00';
    await stop.reached;
    first[Symbol.dispose]();
    clock = '10:59';
    using second = await TestLeader.lead(world, undefined, often);
    await handled('10:00');
    clock = '11:00';
    await handled('11:00');
    for (const { id } of second.views.list('numbers', 0))
      assert.equal((await second.ended(id)).life.state, 'succeeded');
    assert.deepEqual(await started(), ['09:00', '10:00', '11:00']);
    assert.deepEqual(world.target.rows, ['load: row 0', 'load: row 1', 'load: row 2']);
  });

  test(`a leader paused at "${point}" that goes on after another has led: none starts twice`, async () => {
    const stop = stopAt(point);
    using first = await TestLeader.lead(world, stop.hook, often, { unaware: true });
    world.source.there = 3;
    await first.desk.put(hourly(), true);
    clock = '09:00';
    await stop.reached;
    using second = await TestLeader.lead(world, undefined, often);
    await handled('09:00');
    clock = '10:00';
    await handled('10:00');
    for (const { id } of second.views.list('numbers', 0)) await second.ended(id);
    stop.letOn();
    clock = '10:30';
    await meanwhile();
    assert.deepEqual(await started(), ['09:00', '10:00']);
    assert.equal((await stored()).handledMs, at('10:00'));
    assert.deepEqual(world.target.rows, ['load: row 0', 'load: row 1', 'load: row 2']);
  });
}

test('paused, nothing starts; resumed, what was missed is made up as the schedule says', async () => {
  using leader = await TestLeader.lead(world, undefined, often);
  await leader.desk.put(hourly({ catchUp: 'all' }), true, true);
  assert.deepEqual(leader.desk.schedules()[0]?.nextMs, []);
  clock = '10:10';
  await meanwhile();
  assert.deepEqual(await started(), []);
  await leader.desk.put(hourly({ catchUp: 'all' }), true);
  assert.equal((await stored()).paused, true, 'deployed again, it stays paused');
  await leader.desk.pauseSchedule('numbers', false);
  await handled('10:00');
  assert.deepEqual(await started(), ['09:00', '10:00']);
});

test('resumed with `none`, it goes on with what is due next', async () => {
  using leader = await TestLeader.lead(world, undefined, often);
  await leader.desk.put(hourly({ catchUp: 'none' }), true, true);
  clock = '10:00:01';
  await leader.desk.pauseSchedule('numbers', false);
  await meanwhile();
  assert.deepEqual(await started(), []);
});

test('other due times begin with their deployment; without a schedule there are none', async () => {
  using leader = await TestLeader.lead(world, undefined, often);
  await leader.desk.put(hourly(), true);
  clock = '08:59';
  await leader.desk.put(hourly({ cron: '*/10 * * * *' }), true);
  await meanwhile();
  assert.deepEqual(await started(), []);
  clock = '09:00';
  await handled('09:00');
  await leader.desk.put(testDocument('numbers'), true);
  assert.deepEqual(leader.desk.schedules(), []);
  clock = '09:10';
  await meanwhile();
  assert.deepEqual(await started(), ['09:00']);
});

test('the deployed pipeline is run, not what somebody ran from a file meanwhile', async () => {
  using leader = await TestLeader.lead(world, undefined, often);
  const deployed = hourly();
  await leader.desk.put(deployed, true);
  await leader.desk.put(testDocument('numbers', { outputs: ['other'] }), false);
  clock = '09:00';
  await handled('09:00');
  assert.equal(leader.views.list('numbers', 0)[0]?.version, deployed.version);
});

test('a run that finds no room is started once there is some', async () => {
  const stop = stopAt('prepared');
  using leader = await TestLeader.lead(world, stop.hook, { ...often, runsQueuedMax: 1 });
  await leader.desk.put(hourly(), true);
  clock = '09:00';
  await stop.reached;
  clock = '11:00';
  await until(async () => (await stored()).error?.code === 'QUOTA_EXCEEDED', 'the third finds no room');
  assert.deepEqual(await started(), ['09:00', '10:00']);
  stop.letOn();
  await handled('11:00');
  assert.deepEqual(await started(), ['09:00', '10:00', '11:00']);
  assert.equal((await stored()).error, undefined);
});

test('what comes due while another is started is started at once', async () => {
  const hook = async (point: Point, name: string) => {
    if (point === 'due' && name === 'numbers') clock = '09:01:30';
  };
  using leader = await TestLeader.lead(world, hook, { scheduleLookMs: 600_000 });
  clock = '08:59:59.950';
  const schedule = { cron: '1 * * * *', timeZone: 'UTC', overlap: 'queue', catchUp: 'all' } as const;
  await leader.desk.put(testDocument('before-numbers', { schedule }), true); // Looked at first.
  await leader.desk.put(hourly(), true);
  clock = '09:00';
  await until(async () => (await started()).length === 2, 'both are started');
  assert.deepEqual(await started(), ['09:00', '09:01']);
});

test('a schedule that cannot be read keeps none from running', async () => {
  const first = await TestLeader.lead(world, undefined, often);
  await first.desk.put(hourly(), true);
  first[Symbol.dispose]();
  const wrong = { ...(await stored()), pipeline: 'wrong', schedule: { ...(await stored()).schedule, cron: '? what' } };
  await world.store.put(keysOf('test').schedule('wrong'), JSON.stringify(wrong));
  using _second = await TestLeader.lead(world, undefined, often);
  clock = '09:00';
  await handled('09:00');
});

test('due while the last run still runs: `cancel` ends it, and another takes its place', async () => {
  const stop = stopAt('prepared');
  using leader = await TestLeader.lead(world, stop.hook, often);
  await leader.desk.put(hourly({ overlap: 'cancel' }), true);
  clock = '09:00';
  await stop.reached;
  clock = '10:00';
  await handled('10:00');
  stop.letOn();
  const states = leader.views.list('numbers', 0).map(({ id }) => leader.ended(id));
  assert.deepEqual((await Promise.all(states)).map(({ life }) => life.state).sort(), ['cancelled', 'succeeded']);
});

test('what its runs would lack is told when it is deployed', async () => {
  using leader = await TestLeader.lead(world, undefined, often);
  await assert.rejects(leader.desk.put(hourly({ cron: '99 * * * *' }), true), { code: 'PIPELINE_INVALID' });
  assert.deepEqual([leader.desk.pipelines(), leader.desk.schedules()], [[], []]);
});

test('a pipeline that is removed is due no more', async () => {
  using leader = await TestLeader.lead(world, undefined, often);
  await leader.desk.put(hourly(), true);
  await leader.desk.remove('numbers');
  clock = '09:00';
  await meanwhile();
  assert.deepEqual([await started(), await stored()], [[], null]);
});
