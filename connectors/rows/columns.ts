import type { Batch, FieldNode } from '../../shared/arrow/batch.ts';

/** A column of a batch under construction, of at most `rowsMax` rows. What is not appended to a row is null. */
abstract class Column {
  protected rows = 0;
  protected nulls = 0;
  readonly #validity: Uint8Array;

  constructor(rowsMax: number) {
    this.#validity = new Uint8Array(Math.max(64, (rowsMax + 7) >> 3));
  }

  appendNull(): void {
    this.nulls += 1;
    this.rows += 1;
    this.endRow();
  }

  protected appendValid(): void {
    const row = this.rows++;
    this.#validity[row >> 3] = (this.#validity[row >> 3] ?? 0) | (1 << (row & 7));
    this.endRow();
  }

  protected endRow(): void {}

  /** Field node and buffers of what was appended; the column begins anew. */
  take(): { readonly node: FieldNode; readonly buffers: readonly Uint8Array[] } {
    const { rows, nulls } = this;
    const validity = nulls === 0 ? new Uint8Array(0) : this.#validity.slice(0, (rows + 7) >> 3);
    const buffers = [validity, ...this.takeValues()];
    this.#validity.fill(0);
    this.rows = 0;
    this.nulls = 0;
    return { node: { length: rows, nullCount: nulls }, buffers };
  }

  protected abstract takeValues(): readonly Uint8Array[];
}

/** VARCHAR: bytes of UTF-8 are copied as they are. */
export class TextColumn extends Column {
  readonly #offsets: Int32Array;
  #data = new Uint8Array(1 << 16);
  #end = 0;

  constructor(rowsMax: number) {
    super(rowsMax);
    this.#offsets = new Int32Array(rowsMax + 1);
  }

  append(source: Uint8Array, from: number, to: number): void {
    const begin = this.#end;
    const end = begin + to - from;
    if (end > this.#data.length) this.#grow(end);
    const data = this.#data;
    if (to - from < copiedByNumberMax) for (let at = from, out = begin; at < to; ) data[out++] = source[at++] as number;
    else data.set(source.subarray(from, to), begin);
    this.#end = end;
    this.appendValid();
  }

  appendText(text: string): void {
    const bytes = Buffer.from(text);
    this.append(bytes, 0, bytes.length);
  }

  protected override endRow(): void {
    this.#offsets[this.rows] = this.#end;
  }

  protected takeValues(): readonly Uint8Array[] {
    const { rows } = this;
    const offsets = this.#offsets.slice(0, rows + 1);
    const data = this.#data.slice(0, this.#end);
    this.#end = 0;
    return [new Uint8Array(offsets.buffer), data];
  }

  #grow(bytes: number): void {
    const bigger = new Uint8Array(Math.max(bytes, 2 * this.#data.length));
    bigger.set(this.#data.subarray(0, this.#end));
    this.#data = bigger;
  }
}

/** Below this a loop is faster than a call. */
const copiedByNumberMax = 24;

/** INTEGER. */
export class IntegerColumn extends Column {
  readonly #values: Int32Array;

  constructor(rowsMax: number) {
    super(rowsMax);
    this.#values = new Int32Array(rowsMax);
  }

  append(value: number): void {
    this.#values[this.rows] = value;
    this.appendValid();
  }

  protected takeValues(): readonly Uint8Array[] {
    return [new Uint8Array(this.#values.slice(0, this.rows).buffer)];
  }
}

const wordSize = 2 ** 32;

/** BIGINT and TIMESTAMP, from whole numbers below 2^53: two words each, so that no BigInt is made. */
export class LongColumn extends Column {
  readonly #words: Int32Array;

  constructor(rowsMax: number) {
    super(rowsMax);
    this.#words = new Int32Array(2 * rowsMax);
  }

  get bytes(): number {
    return 8 * this.rows;
  }

  append(value: number): void {
    const at = 2 * this.rows;
    this.#words[at] = (value % wordSize) | 0;
    this.#words[at + 1] = Math.floor(value / wordSize);
    this.appendValid();
  }

  protected takeValues(): readonly Uint8Array[] {
    return [new Uint8Array(this.#words.slice(0, 2 * this.rows).buffer)];
  }
}

/** DOUBLE. */
export class DoubleColumn extends Column {
  readonly #values: Float64Array;

  constructor(rowsMax: number) {
    super(rowsMax);
    this.#values = new Float64Array(rowsMax);
  }

  append(value: number): void {
    this.#values[this.rows] = value;
    this.appendValid();
  }

  protected takeValues(): readonly Uint8Array[] {
    return [new Uint8Array(this.#values.slice(0, this.rows).buffer)];
  }
}

/** BOOLEAN. */
export class BooleanColumn extends Column {
  readonly #bits: Uint8Array;

  constructor(rowsMax: number) {
    super(rowsMax);
    this.#bits = new Uint8Array(Math.max(64, (rowsMax + 7) >> 3));
  }

  append(value: boolean): void {
    const { rows } = this;
    if (value) this.#bits[rows >> 3] = (this.#bits[rows >> 3] ?? 0) | (1 << (rows & 7));
    this.appendValid();
  }

  protected takeValues(): readonly Uint8Array[] {
    const bits = this.#bits.slice(0, (this.rows + 7) >> 3);
    this.#bits.fill(0);
    return [bits];
  }
}

/** A column under construction, of any type that rows have. */
export type AnyColumn = TextColumn | IntegerColumn | LongColumn | DoubleColumn | BooleanColumn;

/** The columns' rows as a batch; they begin anew. */
export function takeBatch(columns: readonly AnyColumn[]): Batch {
  const taken = columns.map((column) => column.take());
  return {
    rows: taken[0]?.node.length ?? 0,
    nodes: taken.map(({ node }) => node),
    buffers: taken.flatMap(({ buffers }) => buffers),
  };
}
