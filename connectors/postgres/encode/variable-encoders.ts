import type { ColumnView } from '../../../shared/types/column-view.ts';
import { emptyView, isNull } from '../../../shared/types/column-view.ts';
import type { Reader } from '../../../shared/types/readers/reader.ts';
import { type Encoder, lengthBytes, nullLength, type Output } from './encoder.ts';

/** Values up to this length are copied by a loop: a call into Node costs more. */
const loopBytesMax = 24;

/** Text and bytes as they are, `jsonb` with the number of its format before the text. */
export class BytesEncoder implements Encoder {
  readonly #prefix: number | null;
  readonly #prefixBytes: 0 | 1;
  #view: ColumnView = emptyView;
  #offsets = new Int32Array(1);
  #values: Buffer = Buffer.alloc(0);

  constructor(prefix: number | null = null) {
    this.#prefix = prefix;
    this.#prefixBytes = prefix === null ? 0 : 1;
  }

  bind(view: ColumnView): void {
    this.#view = view;
    this.#offsets = offsetsOf(view);
    const { buffer, byteOffset, byteLength } = view.values;
    this.#values = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
  }

  addSizes(from: number, count: number, sizes: Int32Array): void {
    const overhead = lengthBytes + this.#prefixBytes;
    for (let i = 0; i < count; i++) {
      const row = from + i;
      const bytes = isNull(this.#view, row)
        ? lengthBytes
        : overhead + (this.#offsets[row + 1] as number) - (this.#offsets[row] as number);
      sizes[i] = (sizes[i] as number) + bytes;
    }
  }

  write(from: number, count: number, places: Int32Array, out: Output): void {
    for (let i = 0; i < count; i++) {
      const at = places[i] as number;
      if (isNull(this.#view, from + i)) {
        out.view.setInt32(at, nullLength);
        places[i] = at + lengthBytes;
      } else places[i] = this.#put(from + i, at, out);
    }
  }

  #put(row: number, at: number, { bytes, view }: Output): number {
    const begin = this.#offsets[row] as number;
    const length = (this.#offsets[row + 1] as number) - begin;
    view.setInt32(at, length + this.#prefixBytes);
    let to = at + lengthBytes;
    if (this.#prefix !== null) bytes[to++] = this.#prefix;
    if (length > loopBytesMax) this.#values.copy(bytes, to, begin, begin + length);
    else for (let i = 0; i < length; i++) bytes[to + i] = this.#values[begin + i] as number;
    return to + length;
  }
}

/** A batch is far smaller than 32 bits reach. */
function offsetsOf({ offsets }: ColumnView): Int32Array<ArrayBuffer> {
  if (offsets === null) return new Int32Array(1);
  return offsets instanceof Int32Array ? (offsets as Int32Array<ArrayBuffer>) : Int32Array.from(offsets, Number);
}

/** Values that have no form of their own: as text that is made of them one by one. */
export class ReaderEncoder implements Encoder {
  readonly #reader: Reader;
  readonly #text: (value: unknown) => string;
  readonly #prefix: Buffer;
  #base = 0;
  #made: (Buffer | null)[] = [];

  constructor(reader: Reader, text: (value: unknown) => string, prefix: number | null = null) {
    this.#reader = reader;
    this.#text = text;
    this.#prefix = Buffer.from(prefix === null ? [] : [prefix]);
  }

  bind(view: ColumnView): void {
    this.#reader.bind(view);
  }

  addSizes(from: number, count: number, sizes: Int32Array): void {
    this.#base = from;
    this.#made = Array.from({ length: count }, (_, i) => {
      const value = this.#reader.get(from + i);
      const made = value === null ? null : Buffer.concat([this.#prefix, Buffer.from(this.#text(value), 'utf8')]);
      sizes[i] = (sizes[i] as number) + lengthBytes + (made?.length ?? 0);
      return made;
    });
  }

  write(from: number, count: number, places: Int32Array, { bytes, view }: Output): void {
    for (let i = 0; i < count; i++) {
      const at = places[i] as number;
      const made = this.#made[from + i - this.#base] ?? null;
      view.setInt32(at, made?.length ?? nullLength);
      made?.copy(bytes, at + lengthBytes);
      places[i] = at + lengthBytes + (made?.length ?? 0);
    }
  }
}

/**
 * An array's header: dimensions, whether there are nulls, the elements' type; length and lower bound of the dimension.
 */
const headerBytes = 20;
const emptyHeaderBytes = 12;

/** Lists as arrays of one dimension. */
export class ListEncoder implements Encoder {
  readonly #element: Encoder;
  readonly #elementOid: number;
  /** Of lists that all have as many elements. */
  readonly #size: number | null;
  #view: ColumnView = emptyView;
  #offsets = new Int32Array(1);
  #base = 0;
  #sizes = new Int32Array(0);

  constructor(element: Encoder, elementOid: number, size: number | null) {
    this.#element = element;
    this.#elementOid = elementOid;
    this.#size = size;
  }

  bind(view: ColumnView): void {
    this.#view = view;
    this.#offsets = offsetsOf(view);
    this.#element.bind(view.children[0] ?? emptyView);
  }

  addSizes(from: number, count: number, sizes: Int32Array): void {
    const begin = this.#begin(from);
    const elements = this.#begin(from + count) - begin;
    this.#base = begin;
    this.#sizes = new Int32Array(elements);
    this.#element.addSizes(begin, elements, this.#sizes);
    for (let i = 0; i < count; i++) sizes[i] = (sizes[i] as number) + lengthBytes + this.#bytes(from + i);
  }

  write(from: number, count: number, places: Int32Array, out: Output): void {
    const begin = this.#begin(from);
    const elements = new Int32Array(this.#begin(from + count) - begin);
    for (let i = 0; i < count; i++) {
      const row = from + i;
      const at = places[i] as number;
      const bytes = this.#bytes(row);
      if (isNull(this.#view, row)) out.view.setInt32(at, nullLength);
      else this.#header(row, at, bytes, out.view);
      let place = at + lengthBytes + headerBytes;
      for (let element = this.#begin(row); element < this.#begin(row + 1); element++) {
        elements[element - begin] = place;
        if (!isNull(this.#view, row)) place += this.#sizes[element - this.#base] as number;
      }
      places[i] = at + lengthBytes + bytes;
    }
    this.#writeElements(from, count, begin, elements, out);
  }

  /** Rows that are null are left out, whatever lies below them. */
  #writeElements(from: number, count: number, begin: number, elements: Int32Array, out: Output): void {
    let run = from;
    const flush = (end: number): void => {
      const [first, last] = [this.#begin(run), this.#begin(end)];
      if (last > first) this.#element.write(first, last - first, elements.subarray(first - begin), out);
    };
    for (let row = from; row < from + count; row++) {
      if (!isNull(this.#view, row)) continue;
      flush(row);
      run = row + 1;
    }
    flush(from + count);
  }

  #begin(row: number): number {
    return this.#size === null ? (this.#offsets[row] as number) : row * this.#size;
  }

  /** Without the length. */
  #bytes(row: number): number {
    if (isNull(this.#view, row)) return 0;
    const [begin, end] = [this.#begin(row), this.#begin(row + 1)];
    let bytes = begin === end ? emptyHeaderBytes : headerBytes;
    for (let element = begin; element < end; element++) bytes += this.#sizes[element - this.#base] as number;
    return bytes;
  }

  #header(row: number, at: number, bytes: number, out: DataView): void {
    const count = this.#begin(row + 1) - this.#begin(row);
    out.setInt32(at, bytes);
    out.setInt32(at + 4, count === 0 ? 0 : 1);
    out.setInt32(at + 8, 1);
    out.setInt32(at + 12, this.#elementOid);
    if (count === 0) return;
    out.setInt32(at + 16, count);
    out.setInt32(at + 20, 1);
  }
}
