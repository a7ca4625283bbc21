import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DueLimits, decideDue } from '../../../../../coordinator/pipelines/schedule/decide-due.ts';
import type { Schedule } from '../../../../../pipeline/records/document.ts';
import { DueTimes } from '../../../../../pipeline/records/due-times.ts';
import type { RunLife, RunRecord } from '../../../../../pipeline/records/run.ts';
import type { ScheduleRecord } from '../../../../../pipeline/records/schedule.ts';

const limits: DueLimits = { scheduleCatchUpMax: 5, scheduleGraceMs: 60_000, scheduleAheadMsMax: 3_600_000 };
const at = (clock: string): number => Date.parse(`2026-01-31T${clock}Z`);

const scheduled = (given: Partial<Schedule & ScheduleRecord> = {}): ScheduleRecord => {
  const { overlap = 'skip', catchUp = 'last', handledMs = at('08:00'), paused = false } = given;
  const schedule: Schedule = { cron: '0 * * * *', timeZone: 'UTC', overlap, catchUp };
  return { pipeline: 'orders', schedule, handledMs, paused };
};

const decide = (record: ScheduleRecord, clock: string, runs: readonly RunRecord[] = []) =>
  decideDue(record, new DueTimes(record.schedule), runs, at(clock), limits);

/** The hours whose runs are submitted. */
const submitted = (decision: ReturnType<typeof decide>): string[] =>
  decision.submit.map(({ interval }) => new Date(interval?.endMs ?? 0).toISOString().slice(11, 16));

const runOf = (decision: ReturnType<typeof decide>, state: RunLife, submittedMs: number): RunRecord => {
  const [request] = decision.submit;
  assert.ok(request);
  const { id, pipeline, interval } = request;
  const rest = { attempt: 1, failures: 0, takeovers: 0, params: {}, version: '0', submittedMs };
  return { id, pipeline, cause: 'schedule', ...(interval ? { interval } : {}), ...rest, life: state };
};

const loading: RunLife = { state: 'preparing' };

test('what is due is started, once: about the time since the last due time', () => {
  assert.deepEqual(decide(scheduled(), '08:59:59.999').record, undefined);
  const decision = decide(scheduled(), '09:00');
  const { submit, record } = decision;
  assert.equal(submit.length, 1);
  assert.deepEqual(submit[0]?.interval, { startMs: at('08:00'), endMs: at('09:00') });
  assert.equal(record?.handledMs, at('09:00'));
  assert.deepEqual(decide({ ...scheduled(), ...record }, '09:00').submit, []);
  assert.deepEqual(decide(scheduled(), '09:00:30').submit, submit, 'another leader makes the same run');
});

test('what was missed is made up as the schedule says, under a limit', () => {
  const outage = (catchUp: Schedule['catchUp'], handledMs?: number) =>
    decide(scheduled({ catchUp, ...(handledMs === undefined ? {} : { handledMs }) }), '11:30');
  assert.deepEqual(submitted(outage('none')), []);
  assert.deepEqual(outage('none').record?.leftOut, { dueMs: at('11:00'), why: 'missed' });
  assert.equal(outage('none').record?.handledMs, at('11:00'));
  assert.deepEqual(submitted(outage('last')), ['11:00']);
  assert.deepEqual(outage('last').record?.leftOut, { dueMs: at('10:00'), why: 'missed' });
  assert.deepEqual(submitted(outage('all')), ['09:00', '10:00', '11:00']);
  assert.deepEqual(submitted(outage('all', at('00:00'))), ['07:00', '08:00', '09:00', '10:00', '11:00']);
  assert.deepEqual(outage('all', at('00:00')).record?.leftOut, { dueMs: at('06:00'), why: 'missed' });
});

test('a little late is not missed', () => {
  assert.deepEqual(submitted(decide(scheduled({ catchUp: 'none' }), '09:01:00')), ['09:00']);
  assert.deepEqual(submitted(decide(scheduled({ catchUp: 'none' }), '09:01:01')), []);
});

test('nothing is started while it is paused, and nothing is forgotten', () => {
  assert.deepEqual(decide(scheduled({ paused: true }), '12:00'), { cancel: [], submit: [], record: undefined });
});

test('due while the last run still runs: skip, queue, cancel', () => {
  const last = runOf(decide(scheduled(), '09:00'), loading, at('09:00'));
  const due = (overlap: Schedule['overlap'], runs = [last]) =>
    decide(scheduled({ overlap, handledMs: at('09:00') }), '10:00', runs);
  assert.deepEqual(submitted(due('skip')), []);
  assert.deepEqual(due('skip').record?.leftOut, { dueMs: at('10:00'), why: 'overlap' });
  assert.equal(due('skip').record?.handledMs, at('10:00'));
  assert.deepEqual([submitted(due('queue')), due('queue').cancel], [['10:00'], []]);
  assert.deepEqual([submitted(due('cancel')), due('cancel').cancel], [['10:00'], [last.id]]);
  const over = { ...last, life: { state: 'cancelled', endedMs: at('09:30') } as const };
  assert.deepEqual(submitted(due('skip', [over])), ['10:00']);
  const byHand = { ...last, id: 'other', cause: 'manual' as const };
  assert.deepEqual(submitted(due('skip', [byHand])), ['10:00'], 'it waits for a run that somebody has started');
});

test('a leader ended between a run and its note: the next one finds the run, and does not take it for another', () => {
  for (const overlap of ['skip', 'cancel', 'queue'] as const) {
    const first = decide(scheduled({ overlap }), '09:00');
    const again = decide(scheduled({ overlap }), '09:00:20', [runOf(first, loading, at('09:00'))]);
    assert.deepEqual([again.submit, again.cancel, again.record], [first.submit, [], first.record]);
  }
});

test('runs that make up for missed ones stand in nobody’s way', () => {
  const outage = decide(scheduled({ catchUp: 'all' }), '11:30');
  const madeUp = runOf(outage, loading, at('11:30'));
  const next = decide({ ...scheduled({ catchUp: 'all' }), ...outage.record }, '12:00', [madeUp]);
  assert.deepEqual(submitted(next), ['12:00']);
});

test('a clock that jumps: no flood, and no silence', () => {
  const back = decide(scheduled({ handledMs: at('09:00') }), '08:30');
  assert.deepEqual(back.submit, [], 'what was started is not started again');
  const wrong = decide({ ...scheduled(), handledMs: Date.parse('2027-01-31T00:00Z') }, '08:30');
  assert.equal(wrong.record?.handledMs, at('08:30'));
  const forward = decideDue(
    scheduled({ catchUp: 'all' }),
    new DueTimes(scheduled().schedule),
    [],
    Date.parse('2036-01-01T00:00Z'),
    limits,
  );
  assert.equal(forward.submit.length, limits.scheduleCatchUpMax);
});
