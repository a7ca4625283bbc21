import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteBudget } from '../../../../shared/flight/byte-budget.ts';

const never = new AbortController().signal;

/** Whether a promise has resolved once everything that can run has run. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
}

test('bytes are held up to the budget, and waiters come in their order', async () => {
  const budget = new ByteBudget(10);
  await budget.take(8, never);
  const large = budget.take(9, never);
  const small = budget.take(1, never);
  assert.equal(await isDone(large), false);
  assert.equal(await isDone(small), false, 'it does not overtake');
  budget.give(8);
  assert.ok((await isDone(large)) && (await isDone(small)));
  assert.equal(budget.held, 10);
});

test('more than the whole budget is held alone', async () => {
  const budget = new ByteBudget(10);
  await budget.take(100, never);
  const next = budget.take(1, never);
  assert.equal(await isDone(next), false);
  budget.give(100);
  assert.ok(await isDone(next));
});

test('who gives up waiting lets the next pass', async () => {
  const budget = new ByteBudget(10);
  await budget.take(5, never);
  const controller = new AbortController();
  const large = budget.take(10, controller.signal);
  const small = budget.take(5, never);
  controller.abort(new Error('enough'));
  await assert.rejects(large, /enough/);
  assert.ok(await isDone(small));
  await assert.rejects(budget.take(0, controller.signal), /enough/);
});
