import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SheafError } from '../errors.ts';
import type { PartitionSize } from '../stage/task.ts';
import { diskError } from './disk-error.ts';
import { IndexBuilder } from './index-builder.ts';
import { type FileOwner, magic, prefixOf } from './layout.ts';
import { exchangePath, temporaryPath } from './paths.ts';
import type { DiskQuota } from './quota.ts';

/** Where a spool lies, and what it holds. */
export interface SpoolOptions {
  readonly root: string;
  readonly owner: Exclude<FileOwner, { kind: 'attempt' }>;
  readonly partitions: number;
  /** Messages are gathered up to this size before they are written. */
  readonly bufferBytes: number;
  readonly quota?: DiskQuota | undefined;
}

/** One Arrow IPC message as it came: metadata and body. */
export interface SpooledMessage {
  readonly metadata: Uint8Array;
  readonly body: Uint8Array;
  readonly rows: number;
  /** CRC-32 of metadata and body, as their first writer computed it. */
  readonly crc: number;
}

/**
 * Writes an exchange file from messages that arrive: fetched parts, a client's dataset. Asynchronous: the event loop
 * goes on receiving while the system writes. Left without `commit` nothing remains on disk.
 */
export class SpoolWriter implements AsyncDisposable {
  readonly path: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  readonly #index: IndexBuilder;
  readonly #quota: DiskQuota | undefined;
  readonly #bufferBytes: number;
  /** What is to be written next, from the offset `#writtenTo` on. */
  #gathered: Uint8Array[] = [magic];
  #writtenTo = 0;
  #taken = 0;
  #closed = false;

  private constructor(path: string, temporary: string, handle: FileHandle, options: SpoolOptions) {
    const { owner, partitions, bufferBytes, quota } = options;
    this.path = path;
    this.#temporary = temporary;
    this.#handle = handle;
    this.#quota = quota;
    this.#bufferBytes = bufferBytes;
    this.#index = new IndexBuilder(owner, partitions);
  }

  /** @throws SheafError `DISK_FULL`, or `USAGE` for ids that cannot name a file */
  static async open(options: SpoolOptions): Promise<SpoolWriter> {
    const path = exchangePath(options.root, options.owner);
    const temporary = temporaryPath(path, options.owner);
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const handle = await open(temporary, 'wx', 0o600);
      return new SpoolWriter(path, temporary, handle, options);
    } catch (error) {
      throw diskError(error, path);
    }
  }

  /**
   * Appends a message to a partition; resolves when it is written, or gathered with other small ones for the next
   * write. The place is taken at once, so that messages appended in an order lie in it. After an error the spool can
   * only be aborted.
   *
   * @throws SheafError `DISK_FULL`, `QUOTA_EXCEEDED`
   */
  async append(partition: number, { metadata, body, rows, crc }: SpooledMessage): Promise<void> {
    this.#index.add(partition, { metadataBytes: metadata.length, bodyBytes: body.length, rows, crc });
    this.#gathered.push(prefixOf(metadata.length), metadata, body);
    if (this.#index.offset - this.#writtenTo >= this.#bufferBytes) await this.#flush();
  }

  /** Completes the file under its name, once all appends have resolved, and returns each partition's size. */
  async commit(schema: Uint8Array): Promise<PartitionSize[]> {
    const end = this.#index.encode(schema);
    await this.#flush();
    await this.#write([end], this.#index.offset, end.length);
    try {
      await this.#close();
      await rename(this.#temporary, this.path);
    } catch (error) {
      throw diskError(error, this.path);
    }
    this.#taken = 0;
    return this.#index.sizes();
  }

  /** Removes what was written, unless it was committed. */
  async abort(): Promise<void> {
    await this.#close();
    await rm(this.#temporary, { force: true });
    this.#quota?.give(this.#taken);
    this.#taken = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.abort();
  }

  async #flush(): Promise<void> {
    const [pieces, from] = [this.#gathered, this.#writtenTo];
    this.#gathered = [];
    this.#writtenTo = this.#index.offset;
    await this.#write(pieces, from, this.#writtenTo - from);
  }

  async #write(pieces: readonly Uint8Array[], position: number, bytes: number): Promise<void> {
    this.#quota?.take(bytes, this.path);
    this.#taken += bytes;
    try {
      const { bytesWritten } = await this.#handle.writev(pieces, position);
      if (bytesWritten < bytes)
        await this.#writeRest(Buffer.concat(pieces).subarray(bytesWritten), position + bytesWritten);
    } catch (error) {
      throw diskError(error, this.path);
    }
  }

  /** After a short write, which is what a disk does before it says that it is full. */
  async #writeRest(rest: Buffer, position: number): Promise<void> {
    for (let at = 0; at < rest.length; ) {
      const { bytesWritten } = await this.#handle.write(rest, at, rest.length - at, position + at);
      if (bytesWritten === 0)
        throw new SheafError('DISK_FULL', `Nothing more can be written to ${this.path}`, {
          next: 'Free space there, or start the worker with --data-dir on a larger disk.',
        });
      at += bytesWritten;
    }
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#handle.close();
  }
}
