import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dealOut, RateWindow } from '../../../shared/rate.ts';

/** Takes all that there is at each moment; returns when each request went. */
function greedy(window: RateWindow, perSecond: number, fromMs: number, requests: number): number[] {
  const times: number[] = [];
  for (let nowMs = fromMs; times.length < requests; ) {
    const count = Math.min(window.available(nowMs, perSecond), requests - times.length);
    if (count > 0) window.take(nowMs, count);
    for (let i = 0; i < count; i++) times.push(nowMs);
    nowMs += count > 0 ? 0 : window.waitMs(nowMs, perSecond);
    if (count > 0 && times.length < requests) nowMs += window.waitMs(nowMs, perSecond);
  }
  return times;
}

/** The most in any window of so many ms. */
function mostWithin(times: readonly number[], windowMs: number): number {
  let [most, first] = [0, 0];
  for (const [i, time] of times.entries()) {
    while ((times[first] ?? 0) <= time - windowMs) first += 1;
    most = Math.max(most, i - first + 1);
  }
  return most;
}

test('never more in a second than the limit, whatever it is, and not much slower', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.double({ min: 0.1, max: 20, noNaN: true })),
      fc.integer({ min: 1, max: 500 }),
      (perSecond, burstMs) => {
        const requests = Math.min(4000, Math.ceil(perSecond * 4) + 3);
        const times = greedy(new RateWindow(0, burstMs), perSecond, 10, requests);
        const countMax = Math.ceil(perSecond);
        // A rate just below a whole number is that number: no clock sees a femtosecond.
        const windowMs = (countMax / perSecond) * 1000 - 1e-6;
        assert.ok(mostWithin(times, windowMs) <= countMax);
        const spentMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
        // A clock of whole milliseconds loses one a wait at the most.
        assert.ok(spentMs <= (requests / perSecond) * 1000 * 1.25 + 2000, `${spentMs} ms for ${requests}`);
      },
    ),
    { examples: [[19.999999999999996, 51]] },
  );
});

test('requests are paced: no second’s worth at once', () => {
  const times = greedy(new RateWindow(0, 50), 1000, 0, 2000);
  assert.ok(mostWithin(times, 100) <= 155, `${mostWithin(times, 100)} in 100 ms`);
});

test('a keeper that took over grants nothing in its first second', () => {
  const window = new RateWindow(500, 50, true);
  assert.equal(window.available(1499, 100), 0);
  assert.ok(window.waitMs(600, 100) >= 900);
  assert.ok(window.available(1600, 100) > 0);
});

test('what there is is dealt out evenly, nothing is lost or made', () => {
  assert.deepEqual(dealOut([10, 10, 10], 6), [2, 2, 2]);
  assert.deepEqual(dealOut([1, 10, 10], 7), [1, 3, 3]);
  assert.deepEqual(dealOut([5, 5], 1), [1, 0]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 20 }), fc.nat(500), (wanted, available) => {
      const given = dealOut(wanted, available);
      const sum = given.reduce((all, count) => all + count, 0);
      assert.equal(
        sum,
        Math.min(
          available,
          wanted.reduce((all, count) => all + count, 0),
        ),
      );
      assert.ok(given.every((count, i) => count >= 0 && count <= (wanted[i] ?? 0)));
    }),
  );
});
