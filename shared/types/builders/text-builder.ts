import { ColumnBuilder } from './column-builder.ts';
import { type BatchParts, firstCapacity, grown, newBuffer } from './growing-column.ts';

type Offsets = Int32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>;
const firstBytes = 16 * firstCapacity;
/** Strings up to this length are written by a loop while they are ASCII; Node's encoder costs a call. */
const loopCharsMax = 40;

/** Values of variable length: bytes one after the other, and offsets. */
abstract class VariableBuilder extends ColumnBuilder {
  readonly #isWide: boolean;
  #offsets: Offsets;
  protected data = Buffer.from(newBuffer(firstBytes));
  protected end = 0;

  constructor(label: string, type: string, isWide: boolean) {
    super(label, type);
    this.#isWide = isWide;
    this.#offsets = this.#newOffsets(firstCapacity);
  }

  get bytes(): number {
    return this.end + this.length * (this.#isWide ? 8 : 4);
  }

  /** Closes the row that ends at `end`. */
  protected close(): void {
    this.#setEnd(this.next());
  }

  /** Makes room for that many more bytes. */
  protected reserve(bytes: number): void {
    if (this.end + bytes <= this.data.length) return;
    const larger = grown(this.data, Math.max(2 * this.data.length, this.end + bytes));
    this.data = Buffer.from(larger.buffer);
  }

  protected resize(capacity: number): void {
    const larger = this.#newOffsets(capacity);
    (larger as Int32Array).set(this.#offsets as Int32Array);
    this.#offsets = larger;
  }

  protected override fillNull(at: number): void {
    this.#setEnd(at);
  }

  protected takeValues({ buffers }: BatchParts): void {
    const { BYTES_PER_ELEMENT: width } = this.#offsets;
    buffers.push(new Uint8Array(this.#offsets.buffer, 0, (this.length + 1) * width));
    buffers.push(new Uint8Array(this.data.buffer, 0, this.end));
    this.#offsets = this.#newOffsets(this.capacity);
    this.data = Buffer.from(newBuffer(this.data.length));
    this.end = 0;
  }

  #setEnd(row: number): void {
    if (this.#offsets instanceof Int32Array) this.#offsets[row + 1] = this.end;
    else this.#offsets[row + 1] = BigInt(this.end);
  }

  #newOffsets(capacity: number): Offsets {
    return this.#isWide
      ? new BigInt64Array(newBuffer(8 * (capacity + 1)), 0, capacity + 1)
      : new Int32Array(newBuffer(4 * (capacity + 1)), 0, capacity + 1);
  }
}

/** Strings as UTF-8; what is no Unicode (half of a surrogate pair) becomes U+FFFD. */
export class TextBuilder extends VariableBuilder {
  append(value: unknown): void {
    if (typeof value !== 'string') {
      if (value === null || value === undefined) this.appendNull();
      else this.bad(value);
      return;
    }
    this.reserve(3 * value.length);
    this.end = this.#write(value);
    this.close();
  }

  /** Returns the new end. */
  #write(value: string): number {
    const { data } = this;
    let at = this.end;
    if (value.length <= loopCharsMax) {
      let i = 0;
      for (; i < value.length; i++) {
        const unit = value.charCodeAt(i);
        if (unit > 127) break;
        data[at++] = unit;
      }
      if (i === value.length) return at;
    }
    return this.end + data.write(value, this.end, 'utf8');
  }
}

/** Bytes as they are, or as text gives them. */
export class BytesBuilder extends VariableBuilder {
  readonly #encode: (value: unknown) => Uint8Array | null;

  /** @param encode null for what the column does not take */
  constructor(label: string, type: string, isWide: boolean, encode: (value: unknown) => Uint8Array | null) {
    super(label, type, isWide);
    this.#encode = encode;
  }

  append(value: unknown): void {
    if (value === null || value === undefined) {
      this.appendNull();
      return;
    }
    const bytes = this.#encode(value) ?? this.bad(value);
    this.reserve(bytes.length);
    this.data.set(bytes, this.end);
    this.end += bytes.length;
    this.close();
  }
}
