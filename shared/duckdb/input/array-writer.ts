import type { Batch } from '../../arrow/batch.ts';
import { buffersOf, childrenOf, hasValidity, type Layout } from '../../arrow/layout.ts';
import type { Placed } from '../../arrow/placed.ts';
import { arrayStructBytes, arrayWords } from '../native/arrow-struct.ts';
import { addressOf, Block, type NumberAddress, setWord } from '../native/memory.ts';
import { type Hold, releaseCallback } from './holds.ts';

/** A word that holds an address which moves with the rows of a window. */
interface Slot {
  readonly word: number;
  readonly bytesPerRow: number;
  /** Empty buffers and those under a list stay where they are. */
  base: number;
}

interface Node {
  readonly layout: Layout;
  /** Place among the nodes and buffers of a batch of the whole schema. */
  readonly node: number;
  readonly buffer: number;
  /** Rows per row of the batch; 0 under a list, where offsets say which rows are meant. */
  readonly factor: number;
  readonly at: number;
  readonly slots: readonly Slot[];
}

const nothing = new Block(64); // where empty buffers lie
nothing.bytes.fill(0);

/**
 * Native `ArrowArray`s that show windows of batches to DuckDB: a struct whose one child is a struct of the projected
 * columns. The inner struct is there because DuckDB ties the release of the top-level array to its first column only,
 * but to all children of a struct. Windows are made by moving pointers, never by `offset`: windows begin at multiples of
 * 2,048 rows, so bitmaps stay at whole bytes, and DuckDB loses a parent's offset at the second level of structs.
 */
export class ArrayWriter {
  /** Of the top-level struct. */
  readonly address: NumberAddress;
  readonly #words: Uint32Array;
  readonly #nodes: Node[] = [];
  readonly #block: Block;
  readonly #inner: number;
  #next = 0;

  /** @param chosen the columns to show, in this order */
  constructor(chosen: readonly Placed[]) {
    const bytes = chosen.reduce(
      (sum, { layout }) => sum + bytesOf(layout),
      2 * (arrayStructBytes + 16) + 8 * chosen.length,
    );
    this.#block = new Block(bytes);
    this.#block.bytes.fill(0);
    this.#words = new Uint32Array(this.#block.bytes.buffer);
    this.address = this.#block.address;
    const top = this.#struct(1, 1);
    this.#inner = this.#struct(1, chosen.length);
    this.#child(top, 0, this.#inner);
    for (const [i, column] of chosen.entries()) this.#child(this.#inner, i, this.#add(column, 1));
  }

  /** Looks at another batch. Buffers that cannot be passed by address are copied into the hold. */
  bind(batch: Batch, hold: Hold): void {
    this.#set(arrayWords.privateData, hold.id);
    for (const { layout, node, buffer, factor, at, slots } of this.#nodes) {
      const { length = 0, nullCount = 0 } = batch.nodes[node] ?? {};
      this.#set(at + arrayWords.length, length);
      this.#set(at + arrayWords.nullCount, nullCount === 0 ? 0 : 1); // DuckDB asks only whether there are any
      slots.forEach((slot, i) => {
        const validity = i === 0 && hasValidity(layout);
        const bytes = batch.buffers[buffer + i] ?? nothing.bytes.subarray(0, 0);
        slot.base =
          validity && (nullCount === 0 || bytes.byteLength === 0) ? 0 : placeOf(bytes, validity && factor === 0, hold);
        this.#set(slot.word, slot.base);
      });
    }
  }

  /** Shows rows `[row, row + count)`; `row` is a multiple of 2,048. Ownership goes to whoever takes the array. */
  window(row: number, count: number): void {
    this.#set(arrayWords.length, count);
    this.#set(arrayWords.release, releaseCallback());
    this.#set(this.#inner + arrayWords.length, count);
    for (const { factor, at, slots } of this.#nodes) {
      if (factor === 0) continue;
      this.#set(at + arrayWords.length, count * factor);
      for (const { word, base, bytesPerRow } of slots) if (base !== 0) this.#set(word, base + row * bytesPerRow);
    }
  }

  /** Whether the array was taken since `window`. */
  get taken(): boolean {
    return this.#words[2 * arrayWords.release] === 0 && this.#words[2 * arrayWords.release + 1] === 0;
  }

  #set(word: number, value: number): void {
    setWord(this.#words, word, value);
  }

  /** Lays out a struct with its arrays of pointers; returns its first word. */
  #struct(buffers: number, children: number): number {
    const at = this.#next;
    const pointers = at + arrayStructBytes / 8;
    this.#set(at + arrayWords.bufferCount, buffers);
    this.#set(at + arrayWords.childCount, children);
    this.#set(at + arrayWords.buffers, this.address + 8 * pointers);
    this.#set(at + arrayWords.children, this.address + 8 * (pointers + buffers));
    this.#next = pointers + buffers + children;
    return at;
  }

  #child(parent: number, index: number, child: number): void {
    const buffers = this.#words[2 * (parent + arrayWords.bufferCount)] as number;
    this.#set(parent + arrayStructBytes / 8 + buffers + index, this.address + 8 * child);
  }

  #add({ layout, node, buffer, children }: Placed, factor: number): number {
    const buffers = buffersOf[layout.kind];
    const at = this.#struct(buffers, children.length);
    const slots = bytesPerRow(layout).map((bytes, i) => ({
      word: at + arrayStructBytes / 8 + i,
      bytesPerRow: bytes * factor,
      base: 0,
    }));
    this.#nodes.push({ layout, node, buffer, factor, at, slots });
    const rows = factor * childFactor(layout);
    for (const [i, child] of children.entries()) this.#child(at, i, this.#add(child, rows));
    return at;
  }
}

const bytesOf = (layout: Layout): number =>
  childrenOf(layout).reduce((sum, child) => sum + 8 + bytesOf(child), arrayStructBytes + 8 * buffersOf[layout.kind]);

/** How far each buffer moves per row. */
function bytesPerRow(layout: Layout): readonly number[] {
  switch (layout.kind) {
    case 'null':
      return [];
    case 'bits':
      return [1 / 8, 1 / 8];
    case 'fixed':
      return [1 / 8, layout.width];
    case 'variable':
      return [1 / 8, layout.offsetBytes, 0];
    case 'list':
      return [1 / 8, layout.offsetBytes];
    case 'sparseUnion':
      return [1];
    case 'denseUnion':
      return [1, 4];
    default:
      return [1 / 8];
  }
}

const childFactor = (layout: Layout): number =>
  layout.kind === 'fixedList' ? layout.size : layout.kind === 'list' ? 0 : 1;

/**
 * The address of a buffer's bytes, or of a copy that the hold keeps: small ones may lie on V8's moving heap, DuckDB
 * loads whole words, and it reads one byte past a bitmap under a list.
 */
function placeOf(bytes: Uint8Array, padded: boolean, hold: Hold): NumberAddress {
  if (bytes.byteLength === 0) return nothing.address;
  const room = bytes.buffer.byteLength - bytes.byteOffset - bytes.byteLength;
  const fits = bytes.byteLength >= 64 && !(padded && room === 0);
  const address = fits ? addressOf(bytes) : 0;
  if (fits && address % 8 === 0) return address;
  const block = new Block(bytes.byteLength + 8);
  block.bytes.set(bytes);
  hold.copies.push(block);
  return block.address;
}
