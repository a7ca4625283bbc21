import { SheafError } from '../errors.ts';

/**
 * Counts bytes on disk over all threads of a process. Threads share it by its `memory`, which crosses to them without a
 * copy.
 */
export class DiskQuota {
  readonly memory: SharedArrayBuffer;
  readonly #cell: BigInt64Array;
  readonly #bytesMax: number;

  constructor(bytesMax: number, memory: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.#bytesMax = bytesMax;
    this.memory = memory;
    this.#cell = new BigInt64Array(memory);
  }

  get bytes(): number {
    return Number(Atomics.load(this.#cell, 0));
  }

  /** @throws SheafError `QUOTA_EXCEEDED`; nothing is then taken */
  take(bytes: number, path: string): void {
    const taken = Number(Atomics.add(this.#cell, 0, BigInt(bytes))) + bytes;
    if (taken <= this.#bytesMax) return;
    this.give(bytes);
    throw new SheafError(
      'QUOTA_EXCEEDED',
      `Writing ${path} would bring this process's exchange files to ${taken} bytes; its quota is ${this.#bytesMax}`,
      { next: 'Raise SHEAF_EXCHANGE_DISK_BYTES_MAX if the disk has room, or spread the job over more workers.' },
    );
  }

  give(bytes: number): void {
    Atomics.sub(this.#cell, 0, BigInt(bytes));
  }
}
