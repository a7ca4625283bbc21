import { type ColumnView, emptyView, isNull, type TypedArrayOf, typed } from '../../../shared/types/column-view.ts';

/**
 * Writes one column's values as fields of binary `COPY`: a length of 32 bits, then the value, all big-endian. Works on
 * blocks of rows, column by column: first how long each row's field is, then the fields into their places.
 */
export interface Encoder {
  /** The batch's column. */
  bind(view: ColumnView): void;
  /** Adds the bytes of each row's field, its length included, to `sizes[0 … count)`. Row `from` is at 0. */
  addSizes(from: number, count: number, sizes: Int32Array): void;
  /**
   * Writes rows `[from, from + count)`, all among those of the last `addSizes`, at `places[0 … count)`, and moves each
   * place behind the field.
   */
  write(from: number, count: number, places: Int32Array, out: Output): void;
}

/** Where fields go; both are over the same bytes. */
export interface Output {
  readonly bytes: Buffer;
  readonly view: DataView;
}

/** The length that stands for null in binary `COPY`, without a value after it. */
export const nullLength = -1;
/** Bytes of the length before each value in binary `COPY`. */
export const lengthBytes = 4;
/** Values that are all of one size, looked up in a typed array over the column's bytes. */
export abstract class FixedEncoder<Values> implements Encoder {
  readonly #size: number;
  readonly #array: TypedArrayOf<Values>;
  #view: ColumnView = emptyView;
  protected values: Values;

  /** @param size of a field */
  constructor(size: number, array: TypedArrayOf<Values>) {
    this.#size = size;
    this.#array = array;
    this.values = typed(array, emptyView.values);
  }

  bind(view: ColumnView): void {
    this.#view = view;
    this.values = typed(this.#array, view.values);
  }

  addSizes(from: number, count: number, sizes: Int32Array): void {
    const view = this.#view;
    const whole = lengthBytes + this.#size;
    for (let i = 0; i < count; i++) {
      sizes[i] = (sizes[i] as number) + (view.validity !== null && isNull(view, from + i) ? lengthBytes : whole);
    }
  }

  write(from: number, count: number, places: Int32Array, { view: out }: Output): void {
    const view = this.#view;
    for (let i = 0; i < count; i++) {
      const at = places[i] as number;
      if (view.validity !== null && isNull(view, from + i)) {
        out.setInt32(at, nullLength);
        places[i] = at + lengthBytes;
      } else {
        out.setInt32(at, this.#size);
        this.put(from + i, out, at + lengthBytes);
        places[i] = at + lengthBytes + this.#size;
      }
    }
  }

  protected abstract put(row: number, out: DataView, at: number): void;
}
