import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answers, abandonedError, halfLoaded } from '../../../../../coordinator/pipelines/decisions/abandon.ts';
import type { OutputSummary, RunCommit } from '../../../../../pipeline/records/run.ts';

const output = (name: string): OutputSummary => ({
  ...{ name, connector: 'memory', rows: 3, rejected: 0, bytes: 0, rules: [], detail: null },
});
const commit: RunCommit = {
  outputs: [],
  cursors: {},
  summary: { sources: [], outputs: ['a', 'b', 'c'].map(output) },
};
const error = { code: 'SINK_FAILED', message: 'no.' } as const;
const loaded = (answers: Partial<Answers>) =>
  halfLoaded(commit, { done: new Set(['a']), error, isFirst: false, ...answers }).outputs.map((each) => each.loaded);

test('what has not committed is not loaded if that is certain: asked for the first time, or by the sink itself', () => {
  assert.deepEqual(loaded({}), ['yes', 'unknown', 'unknown']);
  assert.deepEqual(loaded({ isFirst: true }), ['yes', 'no', 'no']);
  assert.deepEqual(loaded({ error: { ...error, details: { nothingLoaded: true } } }), ['yes', 'no', 'no']);
});

test('its error says what is loaded, what is not, and what that means for the next run', () => {
  const summary = halfLoaded(commit, { done: new Set(['a']), error, isFirst: true });
  const { code, message, retryable, next } = abandonedError('numbers-1', error, summary);
  assert.deepEqual([code, retryable], ['SINK_FAILED', false]);
  assert.equal(
    message,
    'Run numbers-1 was abandoned while it was being committed; loaded are a; not loaded are b, c. no.',
  );
  assert.match(String(next), /no cursor has moved/);
  assert.match(abandonedError('numbers-1', error, undefined).message, /nobody knows what is loaded/);
});
