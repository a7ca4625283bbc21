import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, editDistance, nearest } from '../../../shared/nearest.ts';

test('the distance counts insertions, deletions, substitutions and swaps', () => {
  const pairs = [
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['delay', 'dealy', 1],
    ['origin', 'origin', 0],
    ['ab', 'ba', 1],
  ] as const;
  for (const [a, b, distance] of pairs) assert.equal(editDistance(a, b), distance, `${a} ${b}`);
});

test('near names are suggested, best first, without regard to case; far ones are not', () => {
  const names = ['origin', 'destination', 'delay', 'mean_delay', 'x'];
  assert.deepEqual(nearest(names, 'DEALY'), ['delay']);
  assert.deepEqual(nearest(names, 'delay_mean'), ['delay']);
  assert.deepEqual(nearest(names, 'delays'), ['delay']);
  assert.deepEqual(nearest(names, 'quantity'), []);
  assert.equal(didYouMean(names, 'orign'), 'Did you mean "origin"?');
  assert.equal(didYouMean([], 'orign'), '');
});
