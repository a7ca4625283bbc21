import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatCount, formatDuration, plural } from '../../../shared/quantities.ts';

test('sizes and durations are printed for people', () => {
  assert.deepEqual([0, 999, 1000, 12_345_678, 4e9].map(formatBytes), ['0 B', '999 B', '1.0 kB', '12.3 MB', '4.0 GB']);
  const durations = [0, 340, 1234, 59_999, 60_000, 185_000, 8_040_000].map(formatDuration);
  assert.deepEqual(durations, ['0 ms', '340 ms', '1.2 s', '59.9 s', '1 min 0 s', '3 min 5 s', '2 h 14 min']);
});

test('counts are cut to their unit, and nouns follow their number', () => {
  assert.deepEqual([0, 999, 12_345, 4_100_000].map(formatCount), ['0', '999', '12.3 k', '4.1 M']);
  assert.deepEqual([plural(0, 'task'), plural(1, 'task'), plural(2, 'task')], ['0 tasks', '1 task', '2 tasks']);
  assert.deepEqual([plural(1, 'row', formatCount), plural(12_345, 'row', formatCount)], ['1 row', '12.3 k rows']);
});
