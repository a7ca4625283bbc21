import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BackfilledInterval, carryOut } from '../../../../../client/pipelines/backfill.ts';
import { type Covered, isCovered, withInterval } from '../../../../../coordinator/pipelines/schedule/covered.ts';
import type { RunInfo } from '../../../../../pipeline/records/run.ts';
import { SheafError } from '../../../../../shared/errors.ts';
import { keysOf } from '../../../../../shared/store/keys.ts';
import { until } from '../../../../support/cluster/cluster.ts';
import { TestLeader, testDocument } from '../../../../support/pipelines/pipeline-runs.ts';
import { runWorld } from '../../../../support/pipelines/run-world.ts';

const world = runWorld({ there: 1, now: () => Date.parse('2026-02-10T12:00Z') });

const daily = testDocument('numbers', {
  outputs: ['of interval_start'],
  schedule: { cron: '0 0 * * *', timeZone: 'UTC', overlap: 'queue', catchUp: 'all' },
});
const week = { pipeline: 'numbers', from: '2026-01-01', to: '2026-01-08', again: false };

/** As a client carries a backfill out. */
async function backfill(leader: TestLeader, request = week): Promise<readonly BackfilledInterval[]> {
  const plan = await leader.desk.planBackfill(request);
  const { intervals } = await carryOut(
    plan,
    async ({ run: id, ...interval }) => {
      await leader.desk.submit({ pipeline: 'numbers', version: plan.version, cause: 'backfill', interval, id });
      return await leader.ended(id);
    },
    { parallel: 2 },
  );
  return intervals;
}

const states = (intervals: readonly BackfilledInterval[]): string[] => intervals.map(({ state }) => state);
const lasting = () => new SheafError('SINK_FAILED', 'the table is gone');

test('each interval gets a run; told again, only what failed is redone', async () => {
  using leader = await TestLeader.lead(world);
  await leader.desk.put(daily, true, true);
  world.source.faults.push(lasting(), lasting());
  const first = await backfill(leader);
  assert.deepEqual(states(first), ['failed', 'failed', ...Array(5).fill('succeeded')]);
  assert.deepEqual(first[0]?.run?.interval, {
    startMs: Date.parse('2026-01-01'),
    endMs: Date.parse('2026-01-02'),
  });
  const ledger = world.target.ledger.size;
  const second = await backfill(leader);
  assert.deepEqual(states(second), ['succeeded', 'succeeded', ...Array(5).fill('loaded')]);
  assert.equal(world.target.ledger.size, ledger + 2);
  assert.deepEqual(states(await backfill(leader)), Array(7).fill('loaded'));
  assert.deepEqual(states(await backfill(leader, { ...week, again: true })), Array(7).fill('succeeded'));
  assert.equal(world.target.rows.length, 14);
});

test('what is loaded is known when its runs are forgotten, and to the next leader', async () => {
  const first = await TestLeader.lead(world, undefined, { runHistoryMax: 1 });
  await first.desk.put(daily, true, true);
  await backfill(first);
  const runs = async () => (await world.store.list(keysOf('test').runs)).length;
  await until(async () => (await runs()) < 3, 'the history is short');
  first[Symbol.dispose]();
  using second = await TestLeader.lead(world);
  assert.deepEqual(states(await backfill(second)), Array(7).fill('loaded'));
  assert.equal(world.target.rows.length, 7);
});

test('runs of the schedule count, and one under way is waited for', async () => {
  const hold = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  using leader = await TestLeader.lead(world, async (point, run) => {
    if (point !== 'prepared' || !run.startsWith('numbers-20260102')) return;
    held.resolve();
    await hold.promise;
  });
  await leader.desk.put(daily, true, true);
  const submit = (from: string, to: string, id: string) =>
    leader.desk.submit({
      ...{ pipeline: 'numbers', cause: 'schedule', id },
      interval: { startMs: Date.parse(from), endMs: Date.parse(to) },
    });
  await submit('2026-01-01', '2026-01-02', 'numbers-20260102');
  await held.promise;
  const plan = await leader.desk.planBackfill(week);
  assert.equal(plan.intervals[0]?.run, 'numbers-20260102');
  hold.resolve();
  await leader.ended('numbers-20260102');
  assert.deepEqual(states(await backfill(leader)), ['loaded', ...Array(6).fill('succeeded')]);
});

test('two that ask at the same time make the same runs', async () => {
  using leader = await TestLeader.lead(world);
  await leader.desk.put(daily, true, true);
  await Promise.all([backfill(leader), backfill(leader)]);
  assert.equal(world.target.ledger.size, 7);
  assert.equal(leader.views.list('numbers', 0).length, 7);
});

test('only whole intervals that have passed; none, too many, and pipelines without intervals are refused', async () => {
  using leader = await TestLeader.lead(world, undefined, { backfillIntervalsMax: 7 });
  await leader.desk.put(daily, true, true);
  const plan = (from: string, to: string, pipeline = 'numbers') =>
    leader.desk.planBackfill({ pipeline, from, to, again: false });
  assert.equal((await plan('2026-02-08T00:00:01', '2026-03-01')).intervals.length, 1);
  await assert.rejects(plan('2026-02-10', '2026-02-12'), { code: 'USAGE' });
  await assert.rejects(plan('2026-01-02', '2026-01-01'), { code: 'USAGE' });
  await assert.rejects(plan('2026-01-01', '2026-01-09'), { code: 'QUOTA_EXCEEDED' });
  await assert.rejects(plan('2026-01-01', '2026-01-02', 'others'), { code: 'PIPELINE_UNKNOWN' });
  await leader.desk.put(testDocument('unscheduled', { outputs: ['interval_start'] }), true);
  await assert.rejects(plan('2026-01-01', '2026-01-02', 'unscheduled'), { code: 'NOT_SUPPORTED' });
  const { schedule } = daily;
  assert.ok(schedule);
  await leader.desk.put(testDocument('blind', { schedule }), true, true);
  await assert.rejects(plan('2026-01-01', '2026-01-02', 'blind'), /does not look at its interval/);
});

test('a lane that fails ends the others; so many run at a time, in order', async () => {
  const plan = {
    pipeline: 'numbers',
    version: 'v',
    intervals: Array.from({ length: 6 }, (_, n) => ({ startMs: n, endMs: n + 1, run: `run-${n}` })),
  };
  const begun: string[] = [];
  let active = 0;
  let most = 0;
  const run = async ({ run: id }: { run: string }) => {
    begun.push(id);
    most = Math.max(most, ++active);
    await new Promise((done) => setImmediate(done));
    active -= 1;
    return { id, life: { state: 'succeeded' } } as RunInfo;
  };
  await carryOut(plan, run, { parallel: 3 });
  assert.deepEqual([most, begun], [3, plan.intervals.map((interval) => interval.run)]);
  let ended = 0;
  const failing = async ({ run: id }: { run: string }, signal: AbortSignal): Promise<RunInfo> => {
    if (id === 'run-0') throw lasting();
    await new Promise((done) => signal.addEventListener('abort', done));
    await new Promise((done) => setImmediate(done));
    ended += 1;
    throw signal.reason;
  };
  await assert.rejects(carryOut(plan, failing, { parallel: 3 }), { code: 'SINK_FAILED' });
  assert.equal(ended, 2, 'those under way have come to their end');
});

test('stretches of time are joined where they touch, whatever the order', () => {
  const property = fc.property(
    fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 5 })), { maxLength: 30 }),
    (given) => {
      const intervals = given.map(([startMs, length]) => ({ startMs, endMs: startMs + length }));
      const covered = intervals.reduce<Covered>((all, interval) => withInterval(all, interval, 100), []);
      const isLoaded = (hour: number) => intervals.some(({ startMs, endMs }) => startMs <= hour && hour < endMs);
      for (let hour = 0; hour < 50; hour++)
        assert.equal(isCovered(covered, { startMs: hour, endMs: hour + 1 }), isLoaded(hour));
      for (const [n, [start]] of covered.entries()) if (n > 0) assert.ok((covered[n - 1]?.[1] ?? 0) < start);
    },
  );
  fc.assert(property);
  const three = [5, 1, 3].reduce<Covered>((all, startMs) => withInterval(all, { startMs, endMs: startMs + 1 }, 2), []);
  assert.deepEqual(three, [
    [3, 4],
    [5, 6],
  ]);
});
