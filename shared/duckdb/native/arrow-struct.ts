import { Block, copy, type NumberAddress, wordAt } from './memory.ts';

/** Places of the 64-bit words in the structs of the Arrow C Data Interface. */
export const arrayWords = {
  length: 0,
  nullCount: 1,
  offset: 2,
  bufferCount: 3,
  childCount: 4,
  buffers: 5,
  children: 6,
  dictionary: 7,
  release: 8,
  privateData: 9,
} as const;
export const arrayStructBytes = 80;

export const schemaWords = {
  format: 0,
  name: 1,
  metadata: 2,
  flags: 3,
  childCount: 4,
  children: 5,
  dictionary: 6,
  release: 7,
  privateData: 8,
} as const;
export const schemaStructBytes = 72;

/** A window on native `ArrowArray`s of one shape: `read` copies the struct and its pointers, getters look at the copy. */
export class ArrayStruct {
  readonly #words: Uint32Array;
  readonly #block: Block;
  readonly #buffers: number;
  readonly #children: number;

  constructor(buffers: number, children: number) {
    this.#block = new Block(arrayStructBytes + 8 * (buffers + children));
    this.#words = new Uint32Array(this.#block.bytes.buffer);
    this.#buffers = buffers;
    this.#children = children;
  }

  read(address: NumberAddress): void {
    const to = this.#block.address;
    copy(to, address, arrayStructBytes);
    if (this.#buffers > 0) copy(to + arrayStructBytes, wordAt(this.#words, arrayWords.buffers), 8 * this.#buffers);
    if (this.#children === 0) return;
    copy(to + arrayStructBytes + 8 * this.#buffers, wordAt(this.#words, arrayWords.children), 8 * this.#children);
  }

  get length(): number {
    return wordAt(this.#words, arrayWords.length);
  }

  get nullCount(): number {
    return wordAt(this.#words, arrayWords.nullCount);
  }

  get release(): NumberAddress {
    return wordAt(this.#words, arrayWords.release);
  }

  buffer(index: number): NumberAddress {
    return wordAt(this.#words, arrayStructBytes / 8 + index);
  }

  child(index: number): NumberAddress {
    return wordAt(this.#words, arrayStructBytes / 8 + this.#buffers + index);
  }
}
