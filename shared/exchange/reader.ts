import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Batch } from '../arrow/batch.ts';
import { bufferPool } from '../arrow/buffer-pool.ts';
import { decodeBatch, decodeSchema } from '../arrow/ipc.ts';
import { layoutsOf } from '../arrow/layout.ts';
import { sliceBatch } from '../arrow/slice.ts';
import { SheafError } from '../errors.ts';
import type { PartitionSize } from '../stage/task.ts';
import { diskError } from './disk-error.ts';
import {
  corrupt,
  crcOf,
  decodeIndex,
  decodeTrailer,
  type FileIndex,
  type FileOwner,
  magic,
  partitionSize,
  prefixBytes,
  prefixMatches,
  type Segment,
  segmentBytes,
  trailerBytes,
} from './layout.ts';

/**
 * Reads one exchange file, a message at a time, so that a partition may be larger than memory. Synchronous: for pool
 * threads. Whatever cannot be read as it was written is `FILE_CORRUPT`.
 */
export class ExchangeReader implements Disposable {
  readonly path: string;
  readonly index: FileIndex;
  readonly #descriptor: number;

  /** @throws SheafError `FILE_NOT_FOUND`, `FILE_CORRUPT` */
  constructor(path: string) {
    this.path = path;
    this.#descriptor = opened(path);
    try {
      this.index = this.#readIndex();
    } catch (error) {
      closeSync(this.#descriptor);
      throw diskError(error, path);
    }
  }

  get owner(): FileOwner {
    return this.index.owner;
  }

  /** The Arrow schema message, for `decodeSchema`. */
  get schema(): Uint8Array {
    return this.index.schema;
  }

  get partitions(): number {
    return this.index.partitions.length;
  }

  size(partition: number): PartitionSize {
    return partitionSize(this.#segments(partition));
  }

  /**
   * A partition's batches in written order, those of segments `[from, to)`. Each batch has memory of its own, of the
   * thread's pool.
   *
   * @throws SheafError `FILE_CORRUPT`
   */
  *batches(partition: number, from = 0, to = Number.POSITIVE_INFINITY): Generator<Batch> {
    for (const segment of this.#segments(partition).slice(from, to)) yield this.#decode(segment);
  }

  /**
   * Rows `[first, first + rows)` of a partition, in written order. What lies before and behind is not read.
   *
   * @throws SheafError `FILE_CORRUPT`, also if the partition ends before
   */
  *rows(partition: number, first: number, rows: number): Generator<Batch> {
    const layouts = layoutsOf(decodeSchema(this.schema).fields);
    let place = 0;
    for (const segment of this.#segments(partition)) {
      const from = Math.max(0, first - place);
      const to = Math.min(segment.rows, first + rows - place);
      place += segment.rows;
      if (from >= to) continue;
      const batch = this.#decode(segment);
      yield to - from === segment.rows ? batch : sliceBatch(layouts, batch, from, to - from);
    }
    if (place < first + rows)
      throw corrupt(this.path, `partition ${partition} has ${place} rows, not ${first + rows} or more`);
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }

  #decode(segment: Segment): Batch {
    const bytes = this.#readAt(segment.offset, prefixBytes + segmentBytes(segment));
    const message = bytes.subarray(prefixBytes);
    if (!prefixMatches(bytes, segment))
      throw corrupt(this.path, `the message at ${segment.offset} does not begin as one`);
    if (crcOf(message) !== segment.crc) throw corrupt(this.path, `the checksum at ${segment.offset} differs`);
    const batch = decodeBatch(message.subarray(0, segment.metadataBytes), message.subarray(segment.metadataBytes));
    if (batch.rows === segment.rows) return batch;
    throw corrupt(this.path, `a message has ${batch.rows} rows, not ${segment.rows}`);
  }

  #segments(partition: number): readonly Segment[] {
    const segments = this.index.partitions[partition];
    if (segments !== undefined) return segments;
    throw new SheafError(
      'INTERNAL',
      `${this.path} has ${this.partitions} partitions, partition ${partition} was asked for`,
    );
  }

  #readIndex(): FileIndex {
    const fileBytes = fstatSync(this.#descriptor).size;
    if (fileBytes < magic.length + trailerBytes) throw corrupt(this.path, `it has only ${fileBytes} bytes`);
    if (!this.#readAt(0, magic.length).equals(magic)) throw corrupt(this.path, 'it does not begin as an exchange file');
    const place = decodeTrailer(this.#readAt(fileBytes - trailerBytes, trailerBytes), fileBytes, this.path);
    return decodeIndex(this.#readAt(place.offset, place.bytes), place, this.path);
  }

  /** A buffer of its own, so that what lies at a multiple of 8 in it is aligned in memory. */
  #readAt(position: number, length: number): Buffer {
    const bytes = Buffer.from(bufferPool.take(length), 0, length);
    for (let at = 0; at < length; ) {
      const got = readSync(this.#descriptor, bytes, at, length - at, position + at);
      if (got === 0) throw corrupt(this.path, `it ends before byte ${position + length}`);
      at += got;
    }
    return bytes;
  }
}

function opened(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw diskError(error, path);
  }
}
