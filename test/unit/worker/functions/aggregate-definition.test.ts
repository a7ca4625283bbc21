import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finished, stateText } from '../../../../worker/functions/aggregate-definition.ts';

const kept = {
  init: () => undefined,
  accumulate: (state: unknown) => state,
  merge: (state: unknown) => state,
  finish: (state: unknown) => state,
};
const returned = (state: unknown): unknown => finished(kept, [stateText(state)]);

test('a state comes back from its text as it was, also where JSON has none', () => {
  for (const state of [
    0,
    1.5,
    null,
    'null',
    '{}',
    {},
    [],
    [null, 1],
    { sum: Number.NaN },
    [Infinity, { least: -Infinity }],
  ])
    assert.deepEqual(returned(state), state);
});

test('a state that would come back as something else is refused', () => {
  for (const state of [undefined, () => 1, new Map([[1, 2]]), { seen: new Set([1]) }, 1n])
    assert.throws(() => stateText(state), TypeError);
});
