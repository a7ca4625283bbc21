import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DueTimes } from '../../../../pipeline/records/due-times.ts';

const dueTimes = (cron: string, timeZone = 'UTC') => new DueTimes({ cron, timeZone });
const ms = (text: string): number => Date.parse(text);
const text = (atMs: number): string => new Date(atMs).toISOString().replace(':00.000Z', 'Z');
const after = (times: DueTimes, at: string, count: number): string[] => times.after(ms(at), count).map(text);

test('a time that the change to summer skips is due when the gap ends, once', () => {
  assert.deepEqual(after(dueTimes('30 2 * * *', 'Europe/Berlin'), '2026-03-28T00:00Z', 3), [
    '2026-03-28T01:30Z',
    '2026-03-29T01:00Z', // 02:30 does not come: 01:59 is followed by 03:00.
    '2026-03-30T00:30Z',
  ]);
  assert.deepEqual(after(dueTimes('30 2,14 * * *', 'America/New_York'), '2026-03-08T00:00Z', 2), [
    '2026-03-08T07:00Z',
    '2026-03-08T18:30Z',
  ]);
});

test('a time that comes twice in autumn is due the first time only', () => {
  assert.deepEqual(after(dueTimes('30 2 * * *', 'Europe/Berlin'), '2026-10-24T12:00Z', 2), [
    '2026-10-25T00:30Z',
    '2026-10-26T01:30Z',
  ]);
  assert.deepEqual(after(dueTimes('30 1 * * *', 'America/New_York'), '2026-10-31T12:00Z', 2), [
    '2026-11-01T05:30Z',
    '2026-11-02T06:30Z',
  ]);
  assert.deepEqual(after(dueTimes('30 1 * * *', 'Australia/Lord_Howe'), '2026-04-03T20:00Z', 2), [
    '2026-04-04T14:30Z', // Half an hour comes twice there.
    '2026-04-05T15:00Z',
  ]);
});

test('what is due every hour is due every hour, whatever the clocks do', () => {
  const hourly = dueTimes('0 * * * *', 'Europe/Berlin');
  for (const day of ['2026-03-28', '2026-10-24']) {
    const all = hourly.after(ms(`${day}T22:00Z`), 8);
    assert.deepEqual(
      all.slice(1).map((dueMs, n) => dueMs - (all[n] ?? 0)),
      Array(7).fill(3_600_000),
    );
  }
});

test('days of a zone are as long as its clocks make them, one after the other', () => {
  const days = dueTimes('0 0 * * *', 'Europe/Berlin');
  const intervals = days.intervals(days.timeOf('2026-03-28'), days.timeOf('2026-03-31'), 10);
  assert.deepEqual(
    intervals.map(({ startMs, endMs }) => (endMs - startMs) / 3_600_000),
    [24, 23, 24],
  );
  const autumn = days.intervals(days.timeOf('2026-10-25'), days.timeOf('2026-10-26'), 10);
  assert.deepEqual(
    autumn.map(({ startMs, endMs }) => [text(startMs), text(endMs)]),
    [['2026-10-24T22:00Z', '2026-10-25T23:00Z']],
  );
  assert.equal(days.intervals(days.timeOf('2026-01-01'), days.timeOf('2027-01-01'), 10).length, 10);
  assert.deepEqual(days.intervals(days.timeOf('2026-01-01T01:00'), days.timeOf('2026-01-02T23:00'), 10), []);
});

test('the times after, up to and between fit together', () => {
  const crons = ['*/7 * * * *', '15 3 * * 1-5', '*/20 * * * * *', '30 2 * * *', '0 0 1 * *', '0 9-17/2 * * MON'];
  const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'];
  const from = ms('2025-01-01T00:00Z');
  const property = fc.property(
    fc.constantFrom(...crons),
    fc.constantFrom(...zones),
    fc.integer({ min: 0, max: 2 * 366 * 86_400 }),
    (cron, zone, seconds) => {
      const times = dueTimes(cron, zone);
      const all = times.after(from + seconds * 1000 + 500, 6);
      assert.equal(all.length, 6);
      const last = all.at(-1) ?? 0;
      assert.deepEqual(times.between((all[0] ?? 0) - 1, last, 10), all.toReversed());
      assert.equal(times.upTo(last), last);
      assert.equal(times.upTo(last - 1), all.at(-2));
      assert.deepEqual(times.interval(last), { startMs: all.at(-2), endMs: last });
    },
  );
  fc.assert(property, { numRuns: 60 });
});

test('what is no schedule is refused, with what is wrong', () => {
  const refused = (cron: string, zone: string, message: RegExp) =>
    assert.throws(() => dueTimes(cron, zone), { code: 'PIPELINE_INVALID', message });
  refused('61 * * * *', 'UTC', /"61 \* \* \* \*" is no schedule: Invalid value for minute: 61/);
  refused('every day', 'UTC', /is no schedule/);
  refused('0 0 * * * * 2026', 'UTC', /is no schedule/);
  refused('0 0 31 2 *', 'UTC', /is never due/);
  refused('0 0 * * *', 'Europe/Bärlin', /"Europe\/Bärlin" is no time zone/);
});

test('times as people write them stand in the zone of the schedule', () => {
  const times = dueTimes('0 0 * * *', 'Europe/Berlin');
  assert.equal(text(times.timeOf('2026-01-31')), '2026-01-30T23:00Z');
  assert.equal(text(times.timeOf('2026-07-31T08:15')), '2026-07-31T06:15Z');
  assert.equal(text(times.timeOf('2026-07-31 08:15Z')), '2026-07-31T08:15Z');
  assert.equal(text(times.timeOf('2026-07-31T08:15:00-04:00')), '2026-07-31T12:15Z');
  for (const wrong of ['2026-02-30', 'yesterday', '2026-1-1', '2026-01-01T25:00'])
    assert.throws(() => times.timeOf(wrong), { code: 'USAGE' }, wrong);
});
