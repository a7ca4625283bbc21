import { GrowingColumn } from './growing-column.ts';

/** A value that a column does not take. */
export class BadValue extends Error {
  readonly column: string;
  readonly expected: string;
  readonly value: unknown;
  /** The row's number in what was given, where there was more than one. */
  row: number | null = null;

  /** @param column its path: `tags[]`, `point.x`; empty for a whole row */
  constructor(column: string, expected: string, value: unknown) {
    super(`${column}: expected ${expected}`);
    this.column = column;
    this.expected = expected;
    this.value = value;
  }
}

/** Does something for each of many rows, and tells a bad value's row. */
export function eachRow<T>(rows: Iterable<T>, work: (row: T, number: number) => void): void {
  let number = 0;
  try {
    for (const row of rows) {
      work(row, number);
      number++;
    }
  } catch (thrown) {
    if (thrown instanceof BadValue) thrown.row = number;
    throw thrown;
  }
}

/** One column under construction, from JavaScript values. */
export abstract class ColumnBuilder extends GrowingColumn {
  /** For messages: the column's path. */
  readonly label: string;
  /** For messages: its type in DuckDB's words. */
  readonly type: string;

  constructor(label: string, type: string) {
    super();
    this.label = label;
    this.type = type;
  }

  /** @throws BadValue if the type does not take the value; null and undefined are null */
  abstract append(value: unknown): void;
  /** Bytes so far, without the validity bits. */
  abstract get bytes(): number;

  protected bad(value: unknown): never {
    throw new BadValue(this.label, this.type, value);
  }
}
