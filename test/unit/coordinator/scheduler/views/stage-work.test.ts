import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skewOf, spreadOf } from '../../../../../coordinator/scheduler/views/stage-work.ts';

test('a spread is the least, the middle and the most', () => {
  assert.deepEqual(spreadOf([10, 9, 100]), { min: 9, median: 10, max: 100 });
  assert.deepEqual(spreadOf([4, 1, 3, 2]), { min: 1, median: 2.5, max: 4 });
  assert.deepEqual(spreadOf([7]), { min: 7, median: 7, max: 7 });
  assert.deepEqual(spreadOf([]), { min: 0, median: 0, max: 0 });
});

test('skew is the most by the median, by the mean where most have nothing, and 1 where all have nothing', () => {
  assert.equal(skewOf({ min: 1, median: 2, max: 10 }, 3), 5);
  assert.equal(skewOf({ min: 0, median: 0, max: 9 }, 3), 3);
  assert.equal(skewOf({ min: 0, median: 0, max: 0 }, 0), 1);
});
