import type { FieldNode } from '../../arrow/batch.ts';

/** Where a finished column's buffers go, in the order of a `Batch`. */
export interface BatchParts {
  readonly nodes: FieldNode[];
  readonly buffers: Uint8Array[];
}

/** A value that a column does not take. */
export class BadValue extends Error {
  readonly column: string;
  readonly expected: string;
  readonly value: unknown;
  /** The row's number in what was given, where there was more than one. */
  row: number | null = null;

  /** @param column its path: `tags[]`, `point.x`; empty for a whole row */
  constructor(column: string, expected: string, value: unknown) {
    super(`${column}: expected ${expected}`);
    this.column = column;
    this.expected = expected;
    this.value = value;
  }
}

/** Does something for each of many rows, and tells a bad value's row. */
export function eachRow<T>(rows: Iterable<T>, work: (row: T, number: number) => void): void {
  let number = 0;
  try {
    for (const row of rows) {
      work(row, number);
      number++;
    }
  } catch (thrown) {
    if (thrown instanceof BadValue) thrown.row = number;
    throw thrown;
  }
}

export const firstCapacity = 1024;
const noBytes = new Uint8Array(0);

/**
 * One column under construction, from JavaScript values. Buffers grow by doubling and lie outside V8's moving heap, which
 * holds the smallest typed arrays.
 */
export abstract class ColumnBuilder {
  /** For messages: the column's path. */
  readonly label: string;
  /** For messages: its type in DuckDB's words. */
  readonly type: string;
  length = 0;
  capacity = firstCapacity;
  #nullCount = 0;
  #validity: Uint8Array | null = null;

  constructor(label: string, type: string) {
    this.label = label;
    this.type = type;
  }

  /** @throws BadValue if the type does not take the value; null and undefined are null */
  abstract append(value: unknown): void;
  /** Bytes so far, without the validity bits. */
  abstract get bytes(): number;
  /** Room for twice as many rows in the buffers with one entry per row. */
  protected abstract resize(capacity: number): void;
  /** Writes a value for a null row into the buffers that have one per row. */
  protected abstract fillNull(at: number): void;
  /** Hands over buffers and children, and begins anew. */
  protected abstract takeValues(parts: BatchParts): void;

  appendNull(): void {
    const at = this.next();
    this.#validity ??= allOnes(this.capacity);
    this.#validity[at >> 3] = (this.#validity[at >> 3] ?? 0) & ~(1 << (at & 7));
    this.#nullCount++;
    this.fillNull(at);
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
    if (this.length === this.capacity) this.grow();
    return this.length++;
  }

  /** Doubles the room; generated code calls it too. */
  grow(): void {
    this.capacity *= 2;
    if (this.#validity !== null) {
      const grown = allOnes(this.capacity);
      grown.set(this.#validity);
      this.#validity = grown;
    }
    this.resize(this.capacity);
  }

  protected bad(value: unknown): never {
    throw new BadValue(this.label, this.type, value);
  }
}

const allOnes = (bits: number): Uint8Array => new Uint8Array(newBuffer(bits >> 3)).fill(0xff);

/** A buffer of its own, which V8 does not move. */
export const newBuffer = (bytes: number): ArrayBuffer => new ArrayBuffer(Math.max(bytes, 128));

/** A copy with more room. */
export function grown(array: Uint8Array, bytes: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(newBuffer(bytes), 0, bytes);
  larger.set(array.byteLength > bytes ? array.subarray(0, bytes) : array);
  return larger;
}
