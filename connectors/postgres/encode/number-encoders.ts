import { type ColumnView, typed } from '../../../shared/types/column-view.ts';
import { emptyView, FixedEncoder } from './encoder.ts';

/** A typed array of numbers. */
export interface Numbers {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayLike<number>;
}

/** Integers of up to 32 bits, as one of the same width or wider. */
export class IntegerEncoder extends FixedEncoder {
  readonly #bytes: 2 | 4 | 8;
  readonly #array: Numbers;
  #values: ArrayLike<number> = [];

  constructor(array: Numbers, bytes: 2 | 4 | 8) {
    super(bytes);
    this.#array = array;
    this.#bytes = bytes;
  }

  protected open(view: ColumnView): void {
    this.#values = typed(this.#array, view.values);
  }

  protected put(row: number, out: DataView, at: number): void {
    const value = this.#values[row] as number;
    if (this.#bytes === 2) out.setInt16(at, value);
    else if (this.#bytes === 4) out.setInt32(at, value);
    else {
      out.setInt32(at, value < 0 ? -1 : 0);
      out.setInt32(at + 4, value);
    }
  }
}

/** Floats of 16, 32 or 64 bits. */
export class FloatEncoder extends FixedEncoder {
  readonly #bytes: 4 | 8;
  readonly #array: Numbers;
  #values: ArrayLike<number> = [];

  constructor(array: Numbers, bytes: 4 | 8) {
    super(bytes);
    this.#array = array;
    this.#bytes = bytes;
  }

  protected open(view: ColumnView): void {
    this.#values = typed(this.#array, view.values);
  }

  protected put(row: number, out: DataView, at: number): void {
    if (this.#bytes === 8) out.setFloat64(at, this.#values[row] as number);
    else out.setFloat32(at, this.#values[row] as number);
  }
}

/** 64 bits as they are: bigints, and microseconds of a time. */
export class Int64Encoder extends FixedEncoder {
  #words = new Int32Array(0);

  constructor() {
    super(8);
  }

  protected open(view: ColumnView): void {
    this.#words = typed(Int32Array, view.values);
  }

  protected put(row: number, out: DataView, at: number): void {
    out.setInt32(at, this.#words[2 * row + 1] as number);
    out.setInt32(at + 4, this.#words[2 * row] as number);
  }
}

export class BooleanEncoder extends FixedEncoder {
  readonly #isBits: boolean;
  #values: Uint8Array = emptyView.values;

  /** @param isBits a bit for each, not a byte */
  constructor(isBits: boolean) {
    super(1);
    this.#isBits = isBits;
  }

  protected open(view: ColumnView): void {
    this.#values = view.values;
  }

  protected put(row: number, out: DataView, at: number): void {
    const bit = this.#isBits ? (this.#values[row >> 3] ?? 0) & (1 << (row & 7)) : this.#values[row];
    out.setUint8(at, bit === 0 ? 0 : 1);
  }
}

export class UuidEncoder extends FixedEncoder {
  #values: DataView = new DataView(new ArrayBuffer(0));

  constructor() {
    super(16);
  }

  protected open({ values }: ColumnView): void {
    this.#values = new DataView(values.buffer, values.byteOffset, values.byteLength);
  }

  protected put(row: number, out: DataView, at: number): void {
    for (let word = 0; word < 16; word += 4) out.setInt32(at + word, this.#values.getInt32(16 * row + word));
  }
}
