import type { AnyColumn } from '../rows/columns.ts';

/** Lines of one format, into columns. */
export interface LineParser {
  /** In the order of the format's columns; those that nobody asked for are absent. */
  readonly columns: readonly (AnyColumn | undefined)[];
  /**
   * Appends the line at `[from, to)`, without its end, as a row.
   *
   * @returns why it is none, without anything appended
   */
  parse(line: Uint8Array, from: number, to: number): string | undefined;
  /** A row of nulls, for a line that is none. */
  appendNulls(): void;
}
