/**
 * When a lease is renewed, and when its holder must stop to rely on it. Pure; all times are monotonic milliseconds.
 *
 * The holder counts from when it *sent* the last renewal that succeeded, so it always expects less time than the store
 * grants, and it stops at two thirds: the rest covers clocks of other speeds. Eight renewals per lifetime, not three,
 * so that a store that is away for half a lifetime (5 s of 10 s) costs nothing: see docs/decisions.
 */
export interface LeaseTiming {
  readonly ttlMs: number;
  /** When the last renewal that succeeded was sent. */
  readonly renewedAtMs: number;
  /** When the last renewal was tried. */
  readonly triedAtMs: number;
}

type LeaseStep =
  | { readonly kind: 'lost' }
  /** Renew now; an answer later than `timeoutMs` is of no use. */
  | { readonly kind: 'renew'; readonly timeoutMs: number }
  | { readonly kind: 'wait'; readonly forMs: number };

const renewalsPerLifetime = 8;
const retriesPerLifetime = 32;

/** Until when the holder may rely on the lease. */
export const reliableUntilMs = ({ ttlMs, renewedAtMs }: LeaseTiming): number => renewedAtMs + (ttlMs * 2) / 3;

/** What the holder does at a moment. After a failed renewal the next comes sooner. */
export function nextLeaseStep(timing: LeaseTiming, nowMs: number): LeaseStep {
  const { ttlMs, renewedAtMs, triedAtMs } = timing;
  const remainingMs = reliableUntilMs(timing) - nowMs;
  if (remainingMs <= 0) return { kind: 'lost' };
  const failed = triedAtMs > renewedAtMs;
  const nextMs = triedAtMs + ttlMs / (failed ? retriesPerLifetime : renewalsPerLifetime);
  if (nowMs >= nextMs) return { kind: 'renew', timeoutMs: Math.ceil(remainingMs) };
  return { kind: 'wait', forMs: Math.ceil(Math.min(nextMs - nowMs, remainingMs)) };
}
