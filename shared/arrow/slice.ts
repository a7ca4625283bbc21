import type { Batch, FieldNode } from './batch.ts';
import { bitRange, countBits } from './bits.ts';
import { buffersOf, childrenOf, hasValidity, type Layout } from './layout.ts';
import { bigInt64s, bytesOf, int32s } from './words.ts';

/**
 * Rows `[from, from + rows)` of a batch as a batch. Values are views of the same bytes; offsets are rebased, and bits
 * that do not begin at a byte are copied.
 */
export function sliceBatch(layouts: readonly Layout[], batch: Batch, from: number, rows: number): Batch {
  const slicer = new Slicer(batch);
  for (const layout of layouts) slicer.slice(layout, from, rows);
  return { rows, nodes: slicer.nodes, buffers: slicer.buffers };
}

class Slicer {
  readonly nodes: FieldNode[] = [];
  readonly buffers: Uint8Array[] = [];
  readonly #batch: Batch;
  #node = 0;
  #buffer = 0;

  constructor(batch: Batch) {
    this.#batch = batch;
  }

  slice(layout: Layout, from: number, rows: number): void {
    const node = this.#batch.nodes[this.#node++] as FieldNode;
    const buffers = this.#batch.buffers.slice(this.#buffer, this.#buffer + buffersOf[layout.kind]);
    this.#buffer += buffers.length;
    if (hasValidity(layout)) this.#validity(node, buffers[0] as Uint8Array, from, rows);
    else this.nodes.push({ length: rows, nullCount: layout.kind === 'null' ? rows : 0 });
    const [childFrom, childRows] = this.#values(layout, buffers, from, rows);
    for (const child of childrenOf(layout)) this.slice(child, childFrom, childRows);
  }

  #validity({ nullCount }: FieldNode, bitmap: Uint8Array, from: number, rows: number): void {
    const bits = nullCount === 0 || bitmap.byteLength === 0 ? bitmap.subarray(0, 0) : bitRange(bitmap, from, rows);
    const nulls = bits.byteLength === 0 ? 0 : rows - countBits(bits, rows);
    this.nodes.push({ length: rows, nullCount: nulls });
    this.buffers.push(nulls === 0 ? bits.subarray(0, 0) : bits);
  }

  /** Pushes the buffers other than validity; returns the rows of the children that are meant. */
  #values(layout: Layout, buffers: readonly Uint8Array[], from: number, rows: number): [number, number] {
    const [first, second, third] = buffers as [Uint8Array, Uint8Array, Uint8Array];
    switch (layout.kind) {
      case 'bits':
        this.buffers.push(bitRange(second, from, rows));
        return [0, 0];
      case 'fixed':
        this.buffers.push(second.subarray(from * layout.width, (from + rows) * layout.width));
        return [0, 0];
      case 'variable': {
        const [begin, end] = this.#offsets(second, layout.offsetBytes, from, rows);
        this.buffers.push(third.subarray(begin, end));
        return [0, 0];
      }
      case 'list': {
        const [begin, end] = this.#offsets(second, layout.offsetBytes, from, rows);
        return [begin, end - begin];
      }
      case 'fixedList':
        return [from * layout.size, rows * layout.size];
      case 'sparseUnion':
        this.buffers.push(first.subarray(from, from + rows));
        return [from, rows];
      default:
        return [from, rows];
    }
  }

  #offsets(buffer: Uint8Array, width: 4 | 8, from: number, rows: number): [number, number] {
    if (rows === 0) {
      this.buffers.push(buffer.subarray(0, 0));
      return [0, 0];
    }
    const { offsets, begin, end } = rebased(buffer.subarray(from * width), width, rows);
    this.buffers.push(offsets);
    return [begin, end];
  }
}

/** The first `rows + 1` offsets made to begin at 0, and what they span. */
export function rebased(
  buffer: Uint8Array,
  width: 4 | 8,
  rows: number,
): { offsets: Uint8Array; begin: number; end: number } {
  if (width === 8) {
    const wide = bigInt64s(buffer, rows + 1);
    const base = wide[0] as bigint;
    const offsets = base === 0n ? wide : wide.map((offset) => offset - base);
    return { offsets: bytesOf(offsets), begin: Number(base), end: Number(wide[rows]) };
  }
  const narrow = int32s(buffer, rows + 1);
  const base = narrow[0] as number;
  const offsets = base === 0 ? narrow : narrow.map((offset) => offset - base);
  return { offsets: bytesOf(offsets), begin: base, end: narrow[rows] as number };
}
