import type { Schema } from '../schema.ts';

/** What a task does in TypeScript between two of its SQL steps. */
export interface FunctionStep {
  readonly kind: 'function';
  /**
   * `mapBatches` sees Arrow record batches, `map`, `flatMap` and `filter` typed rows. The others add a column: `scalar` and
   * `scalarBatches` a value for each row, `accumulate` the state of an aggregate over the rows of each group, `finish` an
   * aggregate's value of a list of such states.
   */
  readonly mode: CallMode | 'scalar' | 'scalarBatches' | 'accumulate' | 'finish';
  readonly bundle: FunctionRef;
  /**
   * Columns that the function yields (for `filter`: that it receives). Where a column is added it is the last one; the
   * others are the input's.
   */
  readonly schema: Schema;
  /** Where a column is added: the columns that are arguments, and what the function calls them. */
  readonly args?: readonly { readonly column: string; readonly name: string }[];
  /** Of `accumulate`. */
  readonly groups?: GroupColumns;
}

/** Modes of functions that a dataset calls. */
export type CallMode = 'mapBatches' | 'map' | 'flatMap' | 'filter';

/** How `accumulate` groups rows. A group's state may come in several rows: groups are put out when there are many. */
export interface GroupColumns {
  readonly keys: readonly string[];
  /** A text that is equal only for rows of equal keys. */
  readonly group: string;
  /** Whether it is a row that counts for its group. */
  readonly row: string;
  /** Whether such a row is accumulated: FILTER. */
  readonly include: string;
  /** The rows themselves are put out, too, with a null state; in rows of states, columns that are no keys are null. */
  readonly passes: boolean;
}

/** A bundled function: one ESM module whose default export is called. */
export interface FunctionRef {
  /** SHA-256 of the bundle's text, in hex: its name as a blob. */
  readonly sha256: string;
  /** For people: the function's name and where it was written. */
  readonly name: string;
  /** Passed as the function's second argument. JSON. */
  readonly params?: unknown;
  /** The function returns a promise: its step drains its input and runs with bounded concurrency. */
  readonly async: boolean;
}
