import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Batch } from '../arrow/batch.ts';
import type { Config } from '../config/config.ts';
import { SheafError } from '../errors.ts';
import type { PartitionSize } from '../stage/task.ts';
import { BufferedFile } from './buffered-file.ts';
import { diskError } from './disk-error.ts';
import { IndexBuilder } from './index-builder.ts';
import { crcOf, type FileOwner, magic, prefixOf } from './layout.ts';
import { MessageMaker } from './messages.ts';
import { exchangePath, temporaryPath } from './paths.ts';
import type { DiskQuota } from './quota.ts';

type WriterLimits = Pick<
  Config,
  'exchangeMessageBytesMax' | 'exchangeRowBytesMax' | 'exchangeWriteBufferBytes' | 'exchangePartitionsMax'
>;

/** Where an exchange file lies, and what it holds. */
export interface ExchangeWriterOptions {
  /** The folder of the process's exchange files. */
  readonly root: string;
  readonly owner: FileOwner;
  readonly partitions: number;
  /** The Arrow schema message of all batches, as `encodeSchema` yields it. */
  readonly schema: Uint8Array;
  readonly limits: WriterLimits;
  readonly quota?: DiskQuota;
}

/**
 * Writes one exchange file: batches in any order of partitions, then `commit`. Synchronous, holding one write buffer.
 * Left without `commit` (an error, `using`), nothing remains on disk.
 */
export class ExchangeWriter implements Disposable {
  readonly path: string;
  readonly #schema: Uint8Array;
  readonly #file: BufferedFile;
  readonly #index: IndexBuilder;
  readonly #messages: MessageMaker;

  /** @throws SheafError `DISK_FULL`, or `USAGE` for ids that cannot name a file */
  constructor(options: ExchangeWriterOptions) {
    const { root, owner, limits, partitions, schema } = options;
    checkPartitions(partitions, limits.exchangePartitionsMax);
    this.#schema = schema;
    this.#messages = new MessageMaker(schema, limits);
    this.path = exchangePath(root, owner);
    makeFolder(this.path);
    const temporary = temporaryPath(this.path, owner);
    this.#file = new BufferedFile(this.path, temporary, limits.exchangeWriteBufferBytes, options.quota);
    this.#file.write(magic);
    this.#index = new IndexBuilder(owner, partitions);
  }

  /**
   * Appends a batch to a partition, cut into messages of the limit's size. A batch of no rows adds nothing.
   *
   * @throws SheafError `DISK_FULL`, `QUOTA_EXCEEDED`, `NOT_SUPPORTED` (a row beyond the hard limit)
   */
  write(partition: number, batch: Batch): void {
    for (const { metadata, body, bodyBytes, rows } of this.#messages.of(batch)) {
      const metadataBytes = metadata.length;
      this.#index.add(partition, { metadataBytes, bodyBytes, rows, crc: crcOf(metadata, ...body) });
      this.#file.write(prefixOf(metadataBytes));
      this.#file.write(metadata);
      for (const piece of body) this.#file.write(piece);
    }
  }

  /** Completes the file under its name and returns each partition's size. An older file of that name is replaced. */
  commit(): PartitionSize[] {
    this.#file.write(this.#index.encode(this.#schema));
    this.#file.commit();
    return this.#index.sizes();
  }

  /** Removes what was written, unless it was committed. */
  abort(): void {
    this.#file.abort();
  }

  [Symbol.dispose](): void {
    this.abort();
  }
}

function checkPartitions(partitions: number, max: number): void {
  if (Number.isSafeInteger(partitions) && partitions >= 1 && partitions <= max) return;
  throw new SheafError('PLAN_INVALID', `An exchange has from 1 to ${max} partitions, not ${partitions}`, {
    next: 'Ask for fewer partitions, or raise SHEAF_EXCHANGE_PARTITIONS_MAX.',
  });
}

function makeFolder(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw diskError(error, path);
  }
}
