import { kernelSettings } from '../config/sections/kernel.ts';
import { KiB } from '../config/setting.ts';
import type { Batch } from './batch.ts';

/** Smaller ones are not worth keeping. All that are kept have a multiple of this size. */
const grainBytes = 64 * KiB;
/** A buffer that exceeds what is asked for by more than this is left for larger requests. */
const sparesMax = 4;

/**
 * Buffers of batches, used again. A fresh buffer costs the faults of its pages, and V8 collects all garbage for each 64
 * MiB of them: that took a quarter of a task's time.
 *
 * Giving a buffer back promises that nobody uses it any more. One that is not given back is garbage-collected as usual.
 */
export class BufferPool {
  bytesMax: number;
  /** The one given back longest ago first. */
  readonly #free: ArrayBuffer[] = [];
  readonly #lent = new WeakSet<ArrayBufferLike>();
  #freeBytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** What lies here unused. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A buffer of at least so many bytes, with arbitrary content. */
  take(bytes: number): ArrayBuffer {
    if (bytes < grainBytes) return allocate(bytes);
    const buffer = this.#takeFree(bytes) ?? allocate(Math.ceil(bytes / grainBytes) * grainBytes);
    this.#lent.add(buffer);
    return buffer;
  }

  /** Takes back the buffer of a view if it came from here, once. */
  giveBack({ buffer }: Uint8Array): void {
    if (!this.#lent.delete(buffer) || buffer.byteLength > this.bytesMax) return;
    this.#free.push(buffer as ArrayBuffer);
    this.#freeBytes += buffer.byteLength;
    while (this.#freeBytes > this.bytesMax) this.#freeBytes -= this.#free.shift()?.byteLength ?? 0;
  }

  giveBackBatch({ buffers }: Batch): void {
    for (const buffer of buffers) this.giveBack(buffer);
  }

  /** The smallest that fits. */
  #takeFree(bytes: number): ArrayBuffer | undefined {
    let best = -1;
    let bestBytes = sparesMax * bytes + 1;
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const size = this.#free[i]?.byteLength ?? 0;
      if (size >= bytes && size < bestBytes) [best, bestBytes] = [i, size];
    }
    if (best < 0) return undefined;
    this.#freeBytes -= bestBytes;
    return this.#free.splice(best, 1)[0];
  }
}

const allocate = (bytes: number): ArrayBuffer => Buffer.allocUnsafeSlow(bytes).buffer as ArrayBuffer;

/** Of this thread. */
export const bufferPool = new BufferPool(kernelSettings.threadBufferBytesMax.default);
