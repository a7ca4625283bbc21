import type { FieldNode } from '../../arrow/batch.ts';

/** Where a finished column's buffers go, in the order of a `Batch`. */
export interface BatchParts {
  readonly nodes: FieldNode[];
  readonly buffers: Uint8Array[];
}

/** Rows that a column has room for at first. */
export const firstCapacity = 1024;
const noBytes = new Uint8Array(0);

/**
 * One column under construction: how many rows it has, which of them are null, and room for more. Buffers grow by
 * doubling and lie outside V8's moving heap, which holds the smallest typed arrays.
 */
export abstract class GrowingColumn {
  length = 0;
  capacity = firstCapacity;
  #nullCount = 0;
  #validity: Uint8Array | null = null;

  /** Room for so many rows in the buffers with one entry per row. */
  protected abstract resize(capacity: number): void;
  /** Hands over buffers after the validity, and children, and begins anew. */
  protected abstract takeValues(parts: BatchParts): void;
  /** Writes what a null row needs besides its bit. */
  protected fillNull(_at: number): void {}

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
