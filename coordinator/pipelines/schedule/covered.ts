import type { Interval } from '../../../pipeline/records/due-times.ts';

/** The times that are loaded: ranges in order, that do not touch. */
export type Covered = readonly (readonly [startMs: number, endMs: number])[];

/** With one more interval. Those that touch become one; beyond the limit the oldest are forgotten. Pure. */
export function withInterval(covered: Covered, { startMs, endMs }: Interval, rangesMax: number): Covered {
  const apart = covered.filter(([start, end]) => end < startMs || start > endMs);
  const touching = covered.filter(([start, end]) => end >= startMs && start <= endMs);
  const from = Math.min(startMs, ...touching.map(([start]) => start));
  const to = Math.max(endMs, ...touching.map(([, end]) => end));
  return [...apart, [from, to] as const].sort(([a], [b]) => a - b).slice(-rangesMax);
}

/** Whether the whole interval is loaded. */
export const isCovered = (covered: Covered, { startMs, endMs }: Interval): boolean =>
  covered.some(([start, end]) => start <= startMs && end >= endMs);
