import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type LeaseTiming,
  nextLeaseStep,
  reliableUntilMs,
} from '../../../../../shared/store/membership/lease-timing.ts';

/** Runs a holder against a store that is away at given times, with virtual time; returns when it gave the lease up. */
function hold(ttlMs: number, answers: (atMs: number) => boolean, untilMs: number): number | undefined {
  let timing: LeaseTiming = { ttlMs, renewedAtMs: 0, triedAtMs: 0 };
  let nowMs = 0;
  while (nowMs < untilMs) {
    const step = nextLeaseStep(timing, nowMs);
    if (step.kind === 'lost') return nowMs;
    if (step.kind === 'wait') {
      nowMs += step.forMs;
      continue;
    }
    timing = { ...timing, triedAtMs: nowMs, ...(answers(nowMs) ? { renewedAtMs: nowMs } : {}) };
  }
  return undefined;
}

test('a lease whose store answers is never given up', () => {
  assert.equal(
    hold(10_000, () => true, 1_000_000),
    undefined,
  );
});

test('a lease whose store is silent is given up at two thirds, before the store lets go of it', () => {
  const lostMs = hold(9_000, (atMs) => atMs < 50_000, 1_000_000) ?? Number.NaN;
  assert.ok(lostMs > 50_000 && lostMs <= 50_000 + 6_001, String(lostMs));
});

test('a store that is away for half a lifetime costs nothing, whenever it leaves', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10_000, max: 40_000 }), (awayMs) => {
      const answers = (atMs: number) => atMs < awayMs || atMs >= awayMs + 5_000;
      assert.equal(hold(10_000, answers, 60_000), undefined);
    }),
  );
});

test('a holder never relies on a lease that the store may have let go, and always does something next', () => {
  const time = fc.double({ min: 0, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1_000, max: 600_000 }), time, time, time, (ttlMs, renewedAtMs, laterMs, nowMs) => {
      const timing = { ttlMs, renewedAtMs, triedAtMs: renewedAtMs + laterMs };
      const step = nextLeaseStep(timing, nowMs);
      assert.equal(step.kind === 'lost', nowMs >= reliableUntilMs(timing));
      if (step.kind === 'wait') assert.ok(step.forMs > 0 && nowMs + step.forMs < renewedAtMs + ttlMs);
      if (step.kind === 'renew') assert.ok(step.timeoutMs > 0 && nowMs + step.timeoutMs < renewedAtMs + ttlMs);
    }),
  );
});
