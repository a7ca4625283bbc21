import type { TypedArrayOf } from '../../../shared/types/column-view.ts';
import { FixedEncoder } from './encoder.ts';

/** Typed arrays of JavaScript numbers. */
export type Numbers = TypedArrayOf<ArrayLike<number>>;

/** Integers of up to 32 bits, as one of the same width or wider. */
export class IntegerEncoder extends FixedEncoder<ArrayLike<number>> {
  readonly #bytes: 2 | 4 | 8;

  constructor(array: Numbers, bytes: 2 | 4 | 8) {
    super(bytes, array);
    this.#bytes = bytes;
  }

  protected put(row: number, out: DataView, at: number): void {
    const value = this.values[row] as number;
    if (this.#bytes === 2) out.setInt16(at, value);
    else if (this.#bytes === 4) out.setInt32(at, value);
    else {
      out.setInt32(at, value < 0 ? -1 : 0);
      out.setInt32(at + 4, value);
    }
  }
}

/** Floats of 16, 32 or 64 bits. */
export class FloatEncoder extends FixedEncoder<ArrayLike<number>> {
  readonly #bytes: 4 | 8;

  constructor(array: Numbers, bytes: 4 | 8) {
    super(bytes, array);
    this.#bytes = bytes;
  }

  protected put(row: number, out: DataView, at: number): void {
    if (this.#bytes === 8) out.setFloat64(at, this.values[row] as number);
    else out.setFloat32(at, this.values[row] as number);
  }
}

/** 64 bits as they are: bigints, and microseconds of a time. Two words each. */
export class Int64Encoder extends FixedEncoder<Int32Array> {
  constructor() {
    super(8, Int32Array);
  }

  protected put(row: number, out: DataView, at: number): void {
    out.setInt32(at, this.values[2 * row + 1] as number);
    out.setInt32(at + 4, this.values[2 * row] as number);
  }
}

/** Booleans, as `boolean`. */
export class BooleanEncoder extends FixedEncoder<Uint8Array> {
  readonly #isBits: boolean;

  /** @param isBits a bit for each, not a byte */
  constructor(isBits: boolean) {
    super(1, Uint8Array);
    this.#isBits = isBits;
  }

  protected put(row: number, out: DataView, at: number): void {
    const bit = this.#isBits ? (this.values[row >> 3] ?? 0) & (1 << (row & 7)) : this.values[row];
    out.setUint8(at, bit === 0 ? 0 : 1);
  }
}

/** Bytes in their order. */
export class UuidEncoder extends FixedEncoder<Int32Array> {
  constructor() {
    super(16, Int32Array);
  }

  protected put(row: number, out: DataView, at: number): void {
    for (let word = 0; word < 4; word++) out.setInt32(at + 4 * word, this.values[4 * row + word] as number, true);
  }
}
