import { type BatchParts, firstCapacity, grown, newBuffer } from '../../../shared/types/builders/growing-column.ts';
import { CopyColumn } from './column.ts';

/** Values up to this length are copied by a loop: a call into Node costs more. */
const loopBytesMax = 24;
/** Offsets have 32 bits. */
const dataBytesMax = 0x7fffffff;

/** Text and bytes, as they are. */
export class BytesColumn extends CopyColumn {
  #offsets = new Int32Array(newBuffer(4 * (firstCapacity + 1)), 0, firstCapacity + 1);
  #data = Buffer.from(newBuffer(16 * firstCapacity));
  #end = 0;

  read(bytes: Buffer, _view: DataView, at: number, length: number): boolean {
    const begin = this.#end;
    const end = begin + length;
    if (end > dataBytesMax) return this.refuse();
    if (end > this.#data.length)
      this.#data = Buffer.from(grown(this.#data, Math.max(2 * this.#data.length, end)).buffer);
    if (length > loopBytesMax) bytes.copy(this.#data, begin, at, at + length);
    else for (let i = 0; i < length; i++) this.#data[begin + i] = bytes[at + i] as number;
    this.#end = end;
    const row = this.next();
    this.#offsets[row + 1] = end;
    return true;
  }

  protected override fillNull(row: number): void {
    this.#offsets[row + 1] = this.#end;
  }

  protected resize(capacity: number): void {
    const larger = new Int32Array(newBuffer(4 * (capacity + 1)), 0, capacity + 1);
    larger.set(this.#offsets);
    this.#offsets = larger;
  }

  protected takeValues({ buffers }: BatchParts): void {
    buffers.push(new Uint8Array(this.#offsets.buffer, 0, 4 * (this.length + 1)));
    buffers.push(new Uint8Array(this.#data.buffer, 0, this.#end));
    this.#offsets = new Int32Array(newBuffer(4 * (this.capacity + 1)), 0, this.capacity + 1);
    this.#data = Buffer.from(newBuffer(this.#data.length));
    this.#end = 0;
  }
}

/**
 * An array's header on the wire: dimensions, flags, the elements' type; then length and lower bound of each dimension.
 */
const arrayHeader = { length: 12, elements: 20 } as const;

/** Arrays of one dimension. Others have no place. */
export class ListColumn extends CopyColumn {
  readonly #element: CopyColumn;
  #offsets = new Int32Array(newBuffer(4 * (firstCapacity + 1)), 0, firstCapacity + 1);

  constructor(element: CopyColumn) {
    super();
    this.#element = element;
  }

  read(bytes: Buffer, view: DataView, at: number): boolean {
    const dimensions = view.getInt32(at);
    if (dimensions > 1) return this.refuse();
    const count = dimensions === 0 ? 0 : view.getInt32(at + arrayHeader.length);
    const isWhole = this.#elements(bytes, view, at + arrayHeader.elements, count);
    // Elements that were appended before one without a place belong to no row, or to a null one: both are allowed.
    if (!isWhole) return this.refuse();
    const row = this.next();
    this.#offsets[row + 1] = this.#element.length;
    return true;
  }

  protected override fillNull(row: number): void {
    this.#offsets[row + 1] = this.#element.length;
  }

  protected resize(capacity: number): void {
    const larger = new Int32Array(newBuffer(4 * (capacity + 1)), 0, capacity + 1);
    larger.set(this.#offsets);
    this.#offsets = larger;
  }

  protected takeValues(parts: BatchParts): void {
    parts.buffers.push(new Uint8Array(this.#offsets.buffer, 0, 4 * (this.length + 1)));
    this.#offsets = new Int32Array(newBuffer(4 * (this.capacity + 1)), 0, this.capacity + 1);
    this.#element.take(parts);
  }

  /** False if one has no place. */
  #elements(bytes: Buffer, view: DataView, from: number, count: number): boolean {
    let at = from;
    let isWhole = true;
    for (let i = 0; i < count; i++) {
      const length = view.getInt32(at);
      at += 4;
      if (length < 0) this.#element.appendNull();
      else {
        isWhole = this.#element.read(bytes, view, at, length) && isWhole;
        at += length;
      }
    }
    return isWhole;
  }
}
