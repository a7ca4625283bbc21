import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delayMs } from '../../../shared/backoff.ts';
import { type Retries, withRetries } from '../../../shared/retry.ts';

const never = new AbortController().signal;
const quick = { firstDelayMs: 0, delayMsMax: 0 };
const hour = 3_600_000;
const long = { firstDelayMs: hour, delayMsMax: hour };

test('waits double up to their bound; chance takes its share', () => {
  const backoff = { firstDelayMs: 100, delayMsMax: 1_000 };
  assert.deepEqual(
    [1, 2, 3, 4, 5, 9, 5000].map((failures) => delayMs(backoff, failures)),
    [100, 200, 400, 800, 1_000, 1_000, 1_000],
  );
  assert.deepEqual(
    [0, 0.5, 1].map((random) => delayMs({ ...backoff, jitter: 1 }, 3, random)),
    [0, 200, 400],
  );
  assert.deepEqual(
    [0, 1].map((random) => delayMs({ ...backoff, jitter: 0.5 }, 3, random)),
    [200, 400],
  );
});

/** Fails with each of these in turn, then succeeds. */
function failing(...failures: readonly string[]) {
  const told: unknown[] = [];
  const attempt = async (last: unknown): Promise<string> => {
    told.push(last);
    const failure = failures[told.length - 1];
    if (failure !== undefined) throw failure;
    return 'done';
  };
  return { told, attempt };
}

const retries = (given: Partial<Retries> = {}): Retries => ({
  ...{ attemptsMax: 3, backoff: quick, signal: never, isPassing: (thrown) => thrown === 'busy' },
  ...given,
});

test('what passes is tried again, and each attempt is told of the last', async () => {
  const { told, attempt } = failing('busy', 'busy');
  const failures: unknown[] = [];
  assert.equal(await withRetries(attempt, retries({ onFailure: (...each) => failures.push(each) })), 'done');
  assert.deepEqual(told, [undefined, 'busy', 'busy']);
  assert.deepEqual(failures, [
    ['busy', 1],
    ['busy', 2],
  ]);
});

test('what does not pass is thrown at once, what passes after the last attempt', async () => {
  const broken = failing('broken', 'busy');
  await assert.rejects(withRetries(broken.attempt, retries()), (thrown) => thrown === 'broken');
  assert.equal(broken.told.length, 1);
  const busy = failing('busy', 'busy', 'busy', 'busy');
  await assert.rejects(withRetries(busy.attempt, retries()), (thrown) => thrown === 'busy');
  assert.equal(busy.told.length, 3);
});

test('what the other side asks to wait wins', async () => {
  const { attempt } = failing('busy');
  assert.equal(await withRetries(attempt, retries({ backoff: long, askedMs: () => 0 })), 'done');
});

test('a wait ends with its signal, and nothing is tried after it', async () => {
  const controller = new AbortController();
  const { told, attempt } = failing('busy');
  const onFailure = () => void setImmediate(() => controller.abort('enough'));
  const trying = withRetries(attempt, retries({ backoff: long, signal: controller.signal, onFailure }));
  await assert.rejects(trying, (thrown) => thrown === 'enough');
  assert.equal(told.length, 1);
});
