import type { NumberAddress } from '../native/memory.ts';
import { GrowingBuffer } from './growing.ts';

/** Offsets that go on where those of the last array ended. */
export class Offsets {
  readonly #buffer = new GrowingBuffer();
  readonly #wide: boolean;
  #end = 0;

  constructor(width: 4 | 8) {
    this.#wide = width === 8;
    this.#begin();
  }

  /** Returns how many values the appended offsets span. */
  append(source: NumberAddress, length: number): number {
    const width = this.#wide ? 8 : 4;
    const begin = this.#end;
    const first = this.#buffer.length / width;
    this.#buffer.append(source + width, length * width);
    this.#end = this.#wide ? rebaseWide(this.#buffer.bigInt64, first, begin) : rebase(this.#buffer.int32, first, begin);
    return this.#end - begin;
  }

  take(): Uint8Array {
    const bytes = this.#buffer.take();
    this.#begin();
    return bytes;
  }

  #begin(): void {
    this.#end = 0;
    const width = this.#wide ? 8 : 4;
    this.#buffer.extend(width);
    this.#buffer.bytes.fill(0);
  }
}

function rebase(offsets: Int32Array, first: number, base: number): number {
  if (base !== 0) for (let i = first; i < offsets.length; i++) offsets[i] = (offsets[i] as number) + base;
  return offsets[offsets.length - 1] as number;
}

function rebaseWide(offsets: BigInt64Array, first: number, base: number): number {
  const add = BigInt(base);
  for (let i = first; i < offsets.length; i++) offsets[i] = (offsets[i] as bigint) + add;
  return Number(offsets[offsets.length - 1]);
}
