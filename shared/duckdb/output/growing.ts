import { bufferPool } from '../../arrow/buffer-pool.ts';
import { Block, copy, type NumberAddress } from '../native/memory.ts';

/** A buffer of a batch under construction: it doubles as it fills, and starts the next batch at the size of the last. */
export class GrowingBuffer {
  #block: Block;
  #length = 0;
  #capacity: number;

  constructor(capacity = 1024) {
    this.#capacity = capacity;
    this.#block = new Block(0);
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes so far. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#block.bytes.subarray(0, this.#length);
  }

  /** Makes room for more bytes and counts them in; the caller fills them. Returns where they begin. */
  extend(bytes: number): number {
    const begin = this.#length;
    this.#length += bytes;
    if (this.#length > this.#block.bytes.length) this.#grow(begin);
    return begin;
  }

  append(source: NumberAddress, bytes: number): void {
    if (bytes === 0) return;
    const begin = this.extend(bytes);
    copy(this.#block.address + begin, source, bytes);
  }

  /** A view of the room itself, for words of 4 bytes from byte 0. Good until the next `extend`. */
  get int32(): Int32Array {
    return new Int32Array(this.#block.bytes.buffer, 0, this.#length >> 2);
  }

  get bigInt64(): BigInt64Array {
    return new BigInt64Array(this.#block.bytes.buffer, 0, this.#length >> 3);
  }

  /** The bytes; the buffer begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    const { bytes } = this;
    this.#capacity = Math.max(this.#length, 64);
    this.#block = new Block(0);
    this.#length = 0;
    return bytes;
  }

  #grow(used: number): void {
    const buffer = bufferPool.take(roundUp(Math.max(this.#length, 2 * used, this.#capacity)));
    const bigger = new Block(buffer.byteLength, buffer);
    if (used > 0) copy(bigger.address, this.#block.address, used);
    bufferPool.giveBack(this.#block.bytes);
    this.#block = bigger;
  }
}

const roundUp = (bytes: number): number => (bytes + 63) & ~63;

/** A growing row of bits, least significant first, as Arrow has them. Bits beyond the last are 0. */
export class GrowingBits {
  readonly #buffer = new GrowingBuffer(512);
  #scratch = new Block(512);
  #count = 0;

  /** Appends bits of native memory that begin at a byte. */
  append(source: NumberAddress, count: number): void {
    const shift = this.#count & 7;
    if (shift === 0) this.#buffer.append(source, (count + 7) >> 3);
    else this.#appendShifted(source, count, shift);
    this.#count += count;
    this.#trim();
  }

  /** Appends the lowest bit of each of `count` bytes of native memory. */
  appendBytes(source: NumberAddress, count: number): void {
    const from = this.#read(source, count);
    const bits = this.#extend(count);
    let at = this.#count;
    let i = 0;
    for (; i < count && (at & 7) !== 0; i++, at++) setBit(bits, at, from[i] as number);
    for (; i + 8 <= count; i += 8, at += 8) bits[at >> 3] = packed(from, i);
    for (; i < count; i++, at++) setBit(bits, at, from[i] as number);
    this.#count += count;
  }

  appendOnes(count: number): void {
    const bits = this.#extend(count);
    let at = this.#count;
    const end = at + count;
    for (; at < end && (at & 7) !== 0; at++) setBit(bits, at, 1);
    bits.fill(0xff, at >> 3, end >> 3);
    for (at = Math.max(at, end & ~7); at < end; at++) setBit(bits, at, 1);
    this.#count = end;
  }

  take(): Uint8Array<ArrayBuffer> {
    this.#count = 0;
    return this.#buffer.take();
  }

  /** Zeroed room for `count` more bits; returns all bytes. */
  #extend(count: number): Uint8Array {
    const needed = (this.#count + count + 7) >> 3;
    const begin = this.#buffer.extend(needed - this.#buffer.length);
    const { bytes } = this.#buffer;
    bytes.fill(0, begin);
    return bytes;
  }

  #appendShifted(source: NumberAddress, count: number, shift: number): void {
    const length = (count + 7) >> 3;
    const from = this.#read(source, length);
    const to = this.#extend(count);
    let at = this.#count >> 3;
    for (let i = 0; i < length; i++, at++) {
      const byte = from[i] as number;
      to[at] = (to[at] as number) | (byte << shift);
      if (at + 1 < to.length) to[at + 1] = byte >> (8 - shift);
    }
  }

  /** Clears what the last byte holds beyond the last bit, so that the next ones may be or-ed in. */
  #trim(): void {
    const rest = this.#count & 7;
    const { bytes } = this.#buffer;
    if (rest !== 0) bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) & ((1 << rest) - 1);
  }

  #read(source: NumberAddress, bytes: number): Uint8Array {
    if (this.#scratch.bytes.length < bytes) this.#scratch = new Block(2 * bytes);
    copy(this.#scratch.address, source, bytes);
    return this.#scratch.bytes;
  }
}

function setBit(bits: Uint8Array, at: number, value: number): void {
  bits[at >> 3] = (bits[at >> 3] as number) | ((value & 1) << (at & 7));
}

const packed = (from: Uint8Array, i: number): number =>
  ((from[i] as number) & 1) |
  (((from[i + 1] as number) & 1) << 1) |
  (((from[i + 2] as number) & 1) << 2) |
  (((from[i + 3] as number) & 1) << 3) |
  (((from[i + 4] as number) & 1) << 4) |
  (((from[i + 5] as number) & 1) << 5) |
  (((from[i + 6] as number) & 1) << 6) |
  (((from[i + 7] as number) & 1) << 7);
