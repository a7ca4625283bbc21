import type { Size, Traits } from '../fragment.ts';

/** What grouping leaves of its input where nothing better is known. */
const groupedShare = 1 / 4;

export const groupedSize = ({ rows, bytes }: Size): Size => ({
  rows: rows * groupedShare,
  bytes: bytes * groupedShare,
});

/** Under memory pressure DuckDB's hash tables go to disk by parts, and their rows come out in another order. */
export const afterGrouping = (traits: Traits, keys: readonly string[]): Traits => ({
  deterministic: traits.deterministic,
  ordered: keys.length === 0 && traits.ordered,
  rowwise: false,
  unique: new Set(keys.map((key) => key.toLowerCase())),
});
