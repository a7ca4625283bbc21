import koffi from 'koffi';
import { standardLibrary } from '../../standard-library.ts';

/**
 * Native memory by address. Addresses are numbers here: they stay below 2^53, and koffi passes a number in half the time
 * of a bigint (34 ns against 74 for a `memcpy`).
 */
export type NumberAddress = number;

/** `memcpy(destination, source, bytes)`. */
export const copy = standardLibrary.func('void memcpy(uint64_t, uint64_t, uint64_t)') as unknown as (
  destination: NumberAddress,
  source: NumberAddress,
  bytes: number,
) => void;

/** A block outside V8's moving heap: its address is good as long as the block is referenced. Not zeroed. */
export class Block {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly address: NumberAddress;

  /** @param buffer in which it lies, from its start */
  constructor(byteLength: number, buffer = fresh(byteLength)) {
    this.bytes = new Uint8Array(buffer, 0, byteLength);
    this.address = Number(koffi.address(buffer));
  }
}

/** Small typed arrays live on the heap. */
const fresh = (bytes: number): ArrayBuffer => Buffer.allocUnsafeSlow(Math.max(bytes, 64)).buffer as ArrayBuffer;

/** Where a view's bytes lie. They must be outside V8's heap: views of `ArrayBuffer`s of 64 bytes and more are. */
export const addressOf = (view: Uint8Array): NumberAddress => Number(koffi.address(view));

/** The 64-bit word at `index` as a number. */
export const wordAt = (words: Uint32Array, index: number): number =>
  (words[2 * index] as number) + (words[2 * index + 1] as number) * 2 ** 32;

/** Writes a non-negative number as the 64-bit word at `index`. */
export function setWord(words: Uint32Array, index: number, value: number): void {
  words[2 * index] = value;
  words[2 * index + 1] = value / 2 ** 32;
}

/** Bytes of native memory, copied. */
export function peek(address: NumberAddress, byteLength: number): Uint8Array<ArrayBuffer> {
  const block = new Block(byteLength);
  copy(block.address, address, byteLength);
  return block.bytes;
}

/** A NUL-terminated string of native memory. */
export const textAt = (address: NumberAddress): string => (address === 0 ? '' : koffi.decode.string(BigInt(address)));
