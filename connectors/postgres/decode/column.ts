import { type BatchParts, grown, newBuffer } from '../../../shared/types/builders/column-builder.ts';

export const firstCapacity = 1024;
const noBytes = new Uint8Array(0);

/**
 * One column of a batch under construction, from fields of binary `COPY`. Nothing is made per value: bytes go from the
 * socket's buffer into the column's.
 */
export abstract class CopyColumn {
  length = 0;
  protected capacity = firstCapacity;
  #nullCount = 0;
  #validity: Uint8Array | null = null;

  /**
   * Appends the value of a field that is not null.
   *
   * @param view over the same bytes
   * @returns false if the type has no place for the value: then a null was appended
   */
  abstract read(bytes: Buffer, view: DataView, at: number, length: number): boolean;
  /** Room for so many rows. */
  protected abstract resize(capacity: number): void;
  /** Hands over the buffers after the validity, and begins anew. */
  protected abstract takeValues(parts: BatchParts): void;

  appendNull(): void {
    const row = this.next();
    this.#validity ??= new Uint8Array(newBuffer(this.capacity >> 3)).fill(0xff);
    this.#validity[row >> 3] = (this.#validity[row >> 3] ?? 0) & ~(1 << (row & 7));
    this.#nullCount++;
    this.skip(row);
  }

  take(parts: BatchParts): void {
    parts.nodes.push({ length: this.length, nullCount: this.#nullCount });
    parts.buffers.push(this.#validity?.subarray(0, (this.length + 7) >> 3) ?? noBytes);
    this.takeValues(parts);
    this.length = 0;
    this.#nullCount = 0;
    this.#validity = null;
  }

  /** The place of the next row, with room for it. */
  protected next(): number {
    if (this.length === this.capacity) this.#grow();
    return this.length++;
  }

  /** A null for a value that has no place. */
  protected refuse(): false {
    this.appendNull();
    return false;
  }

  /** What a null row needs besides its bit. */
  protected skip(_row: number): void {}

  #grow(): void {
    this.capacity *= 2;
    if (this.#validity !== null) {
      const larger = new Uint8Array(newBuffer(this.capacity >> 3)).fill(0xff);
      larger.set(this.#validity);
      this.#validity = larger;
    }
    this.resize(this.capacity);
  }
}

/** Bytes that grow by doubling, outside V8's moving heap. */
export class Values {
  readonly #width: number;
  bytes: Uint8Array<ArrayBuffer>;
  words: Int32Array<ArrayBuffer>;
  data: DataView<ArrayBuffer>;

  constructor(width: number) {
    this.#width = width;
    this.bytes = new Uint8Array(newBuffer(firstCapacity * width));
    this.words = new Int32Array(this.bytes.buffer);
    this.data = new DataView(this.bytes.buffer);
  }

  resize(capacity: number): void {
    this.#use(grown(this.bytes, capacity * this.#width));
  }

  take(rows: number, capacity: number): Uint8Array {
    const taken = this.bytes.subarray(0, rows * this.#width);
    this.#use(new Uint8Array(newBuffer(capacity * this.#width)));
    return taken;
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.words = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2);
    this.data = new DataView(bytes.buffer);
  }
}
