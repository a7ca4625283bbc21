import { type ColumnView, emptyView, isNull, typed } from '../column-view.ts';

/** Reads one column's values as JavaScript values, by the mapping of `RowOf`. */
export interface Reader {
  /** Looks into another batch's column from now on. */
  bind(view: ColumnView): void;
  /** The value of a row, null if it has none. */
  get(row: number): unknown;
}

/** Where a row's bytes or elements begin; those of `row + 1` are where it ends. */
export const startOf = ({ offsets }: ColumnView, row: number): number => Number(offsets?.[row] ?? 0);

/** A constructor of typed arrays over bytes. */
export interface ArrayType<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayLike<T>;
}

/** Fixed-width values that are JavaScript values as they lie there: generated code reads `values` directly. */
export class PlainReader implements Reader {
  readonly #array: ArrayType<number | bigint>;
  view = emptyView;
  values: ArrayLike<number | bigint> = [];

  constructor(array: ArrayType<number | bigint>) {
    this.#array = array;
  }

  bind(view: ColumnView): void {
    this.view = view;
    this.values = typed(this.#array, view.values);
  }

  get(row: number): unknown {
    return isNull(this.view, row) ? null : this.values[row];
  }
}
