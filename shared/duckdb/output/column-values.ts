import type { Layout } from '../../arrow/layout.ts';
import type { ArrayStruct } from '../native/arrow-struct.ts';
import { GrowingBits, GrowingBuffer } from './growing.ts';

/** The values of a column under construction. */
export interface ColumnValues {
  /** Returns the bytes that were added. */
  append(array: ArrayStruct): number;
  take(): Uint8Array;
}

/** For columns without offsets; nothing for those that have no values of their own, but children. */
export function columnValues(layout: Layout): ColumnValues | undefined {
  if (layout.kind === 'bits') return new Bits();
  if (layout.kind === 'fixed') return new Values(1, layout.width);
  return layout.kind === 'sparseUnion' ? new Values(0, 1) : undefined;
}

class Values implements ColumnValues {
  readonly #buffer = new GrowingBuffer();
  readonly #index: number;
  readonly #width: number;

  constructor(index: number, width: number) {
    this.#index = index;
    this.#width = width;
  }

  append(array: ArrayStruct): number {
    const bytes = array.length * this.#width;
    this.#buffer.append(array.buffer(this.#index), bytes);
    return bytes;
  }

  take(): Uint8Array {
    return this.#buffer.take();
  }
}

/** With lossless conversion DuckDB hands out booleans as bytes; they travel as bits, which every reader of Arrow knows. */
class Bits implements ColumnValues {
  readonly #bits = new GrowingBits();

  append(array: ArrayStruct): number {
    this.#bits.appendBytes(array.buffer(1), array.length);
    return array.length >> 3;
  }

  take(): Uint8Array {
    return this.#bits.take();
  }
}
