import { firstCapacity, GrowingColumn, grown, newBuffer } from '../../../shared/types/builders/growing-column.ts';

/**
 * One column of a batch under construction, from fields of binary `COPY`. Nothing is made per value: bytes go from the
 * socket's buffer into the column's.
 */
export abstract class CopyColumn extends GrowingColumn {
  /**
   * Appends the value of a field that is not null.
   *
   * @param view over the same bytes
   * @returns false if the type has no place for the value: then a null was appended
   */
  abstract read(bytes: Buffer, view: DataView, at: number, length: number): boolean;

  /** A null for a value that has no place. */
  protected refuse(): false {
    this.appendNull();
    return false;
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
