/** What a `Date` cannot hold of a timestamp: nanoseconds within its millisecond. Kept out of sight on the object. */
const finer = Symbol('nanoseconds within the millisecond');

/**
 * A `Date` that remembers what is finer than its millisecond, so that a timestamp that is only handed on comes back
 * unchanged. `infinity` becomes an invalid date.
 */
export function exactDate(ticks: bigint, perSecond: bigint): Date {
  if (perSecond <= 1000n) return new Date(Number(ticks * (1000n / perSecond)));
  const perMs = perSecond / 1000n;
  const within = ((ticks % perMs) + perMs) % perMs;
  const date = new Date(Number((ticks - within) / perMs));
  if (within !== 0n) Object.defineProperty(date, finer, { value: Number((within * 1_000_000n) / perMs) });
  return date;
}

/** The ticks of a date in a unit; what the unit cannot hold is cut off. */
export function ticksOf(date: Date, perSecond: bigint): bigint {
  const ms = BigInt(date.getTime());
  if (perSecond <= 1000n) return floorDivide(ms, 1000n / perSecond);
  const perMs = perSecond / 1000n;
  return ms * perMs + (BigInt((date as { readonly [finer]?: number })[finer] ?? 0) * perMs) / 1_000_000n;
}

const floorDivide = (value: bigint, by: bigint): bigint => (value - (((value % by) + by) % by)) / by;
