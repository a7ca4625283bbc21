import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { diskError } from './disk-error.ts';
import type { DiskQuota } from './quota.ts';

/**
 * A file that is written from its start to its end in large writes and gets its name only by `commit`. Synchronous: for
 * pool threads, which have nothing else to do. After an error, and after `abort`, nothing remains on disk.
 */
export class BufferedFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #buffer: Buffer;
  readonly #quota: DiskQuota | undefined;
  #descriptor: number | undefined;
  #filled = 0;
  #taken = 0;

  /** @throws SheafError `DISK_FULL`, or as the file system says */
  constructor(path: string, temporary: string, bufferBytes: number, quota?: DiskQuota) {
    this.#path = path;
    this.#temporary = temporary;
    this.#quota = quota;
    this.#buffer = Buffer.allocUnsafeSlow(bufferBytes);
    try {
      this.#descriptor = openSync(temporary, 'wx', 0o600);
    } catch (error) {
      throw diskError(error, temporary);
    }
  }

  /** Appends bytes; they are copied or written before it returns. */
  write(bytes: Uint8Array): void {
    const direct = bytes.length > this.#buffer.length / 4;
    if (direct || bytes.length > this.#buffer.length - this.#filled) this.#flush();
    if (direct) this.#put(bytes);
    else {
      this.#buffer.set(bytes, this.#filled);
      this.#filled += bytes.length;
    }
  }

  /** Writes what is left and gives the file its name. */
  commit(): void {
    this.#flush();
    try {
      this.#close();
      renameSync(this.#temporary, this.#path);
      this.#taken = 0;
    } catch (error) {
      this.abort();
      throw diskError(error, this.#path);
    }
  }

  /** Removes the file unless it was committed. May be called twice. */
  abort(): void {
    this.#close();
    rmSync(this.#temporary, { force: true });
    this.#quota?.give(this.#taken);
    this.#taken = 0;
  }

  #flush(): void {
    const filled = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    this.#put(filled);
  }

  #put(bytes: Uint8Array): void {
    if (this.#descriptor === undefined) throw diskError(new Error('written after it was closed'), this.#path);
    try {
      this.#quota?.take(bytes.length, this.#path);
      this.#taken += bytes.length;
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    } catch (error) {
      this.abort();
      throw diskError(error, this.#path);
    }
  }

  #close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
