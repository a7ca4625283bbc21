/** What a `Date` cannot hold of a timestamp. Kept out of sight on the object. */
const hidden = Symbol('what a Date cannot hold');

interface Hidden {
  /** Nanoseconds within the millisecond. */
  readonly nanos: bigint;
  /** Ticks and their unit where the date is none: `infinity`, and years beyond those of `Date`. */
  readonly beyond?: { readonly ticks: bigint; readonly perSecond: bigint };
}

type ExactDate = Date & { readonly [hidden]?: Hidden };

const msMax = 8_640_000_000_000_000n;

/**
 * A `Date` that remembers what is finer than its millisecond, so that a timestamp that is only handed on comes back
 * unchanged. `infinity`, and what lies beyond the years of `Date`, becomes an invalid date that remembers all of it.
 *
 * @param perSecond ticks per second
 */
export function exactDate(ticks: bigint, perSecond: bigint): Date {
  const ms = floorDivide(ticks * 1000n, perSecond);
  if (ms > msMax || ms < -msMax) return hide(new Date(Number.NaN), { nanos: 0n, beyond: { ticks, perSecond } });
  const date = new Date(Number(ms));
  if (perSecond <= 1000n) return date;
  const nanos = (ticks * 1_000_000_000n) / perSecond - ms * 1_000_000n;
  return nanos === 0n ? date : hide(date, { nanos });
}

const hide = (date: Date, value: Hidden): Date => Object.defineProperty(date, hidden, { value });

const secondsPerDay = 86_400n;

/** Midnight (UTC) of a day since 1970. */
export function exactDay(days: number): Date {
  const date = new Date(days * 86_400_000);
  return Number.isNaN(date.getTime()) ? exactDate(BigInt(days) * secondsPerDay, 1n) : date;
}

/**
 * The ticks of a date in a unit, what is finer cut off; null for an invalid date that remembers nothing in that unit.
 */
export function ticksOf(date: Date, perSecond: bigint): bigint | null {
  const { nanos = 0n, beyond } = (date as ExactDate)[hidden] ?? {};
  const ms = date.getTime();
  if (Number.isNaN(ms)) return beyond?.perSecond === perSecond ? beyond.ticks : null;
  if (nanos === 0n || perSecond <= 1000n) return floorDivide(BigInt(ms) * perSecond, 1000n);
  return floorDivide((BigInt(ms) * 1_000_000n + nanos) * perSecond, 1_000_000_000n);
}

/** The day of a date since 1970; null for an invalid date that remembers none. */
export function dayOf(date: Date): number | null {
  const ms = date.getTime();
  if (!Number.isNaN(ms)) return Math.floor(ms / 86_400_000);
  const seconds = ticksOf(date, 1n);
  return seconds === null ? null : Number(seconds / secondsPerDay);
}

const floorDivide = (value: bigint, by: bigint): bigint => (value - (((value % by) + by) % by)) / by;
