import type { Size, Traits } from '../stages/fragment.ts';

/** What grouping leaves of its input where nothing better is known. */
const groupedShare = 1 / 4;

/** @param groups how many there are, if that is known */
export function groupedSize({ rows, bytes, unsure }: Size, groups?: number): Size {
  const share = groups === undefined ? groupedShare : Math.min(1, groups / Math.max(1, rows));
  return { rows: rows * share, bytes: bytes * share, ...(unsure && { unsure }) };
}

/** Under memory pressure DuckDB's hash tables go to disk by parts, and their rows come out in another order. */
export const afterGrouping = (traits: Traits, keys: readonly string[]): Traits => ({
  deterministic: traits.deterministic,
  ordered: keys.length === 0 && traits.ordered,
  rowwise: false,
  unique: new Set(keys.map((key) => key.toLowerCase())),
});
