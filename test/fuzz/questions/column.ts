import type { Kind } from './types.ts';

/** A column that a query may speak of. */
export interface Column {
  readonly name: string;
  /** How it is written where it is in scope. */
  readonly sql: string;
  readonly kind: Kind;
  /** Of files; absent where it was computed. */
  readonly type?: string;
  /** Holds extremes: arithmetic with it may overflow. */
  readonly wild: boolean;
  /** A sum of doubles or the like: its last bits depend on the order of rows, so nothing is decided by it. */
  readonly inexact: boolean;
  /** No two rows of its relation are equal in it. */
  readonly unique: boolean;
}

/** How many of the first sort keys decide: by what comes behind an inexact one rows stand in either order. */
export function decidingKeys<T extends Pick<Column, 'inexact'>>(keys: readonly T[]): readonly T[] {
  const at = keys.findIndex(({ inexact }) => inexact);
  return at < 0 ? keys : keys.slice(0, at + 1);
}
