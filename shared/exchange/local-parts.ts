import type { Batch } from '../arrow/batch.ts';
import type { ProducerRef } from '../failure.ts';
import { fetchFailed } from './fetch-failed.ts';
import { corrupt } from './layout.ts';
import { ExchangeReader } from './reader.ts';

/**
 * Part of a task's input as it lies on this machine: a partition of a file that was written here, or of a spool that
 * was fetched. Plain data, to be sent to the pool thread that reads it.
 */
export interface LocalPart {
  readonly path: string;
  readonly partition: number;
  /** Rows that the producer reported: fewer or more is an error. Absent for datasets. */
  readonly rows?: number;
  /** Rows `[firstRow, firstRow + rows)` are meant; absent: all. */
  readonly firstRow?: number;
  /** Segments `[from, to)` of the partition; absent: all. */
  readonly segments?: { readonly from: number; readonly to: number };
  /** Who wrote it, to be named when it cannot be read. Absent for datasets. */
  readonly producer?: ProducerRef;
}

/**
 * The batches of all parts in their order, which is their producers': a second run reads the same rows in the same
 * order. One file is open at a time.
 *
 * @throws SheafError `FETCH_FAILED` naming the producer of the part that is missing, damaged or short
 */
export function* readParts(parts: readonly LocalPart[]): Generator<Batch> {
  for (const part of parts) {
    try {
      yield* readPart(part);
    } catch (error) {
      throw part.producer === undefined ? error : fetchFailed(part.producer, error);
    }
  }
}

function* readPart(part: LocalPart): Generator<Batch> {
  using reader = new ExchangeReader(part.path);
  const { rows } = reader.size(part.partition);
  if (part.firstRow !== undefined && part.rows !== undefined)
    return yield* reader.rows(part.partition, part.firstRow, part.rows);
  if (part.rows !== undefined && part.rows !== rows) {
    throw corrupt(part.path, `partition ${part.partition} has ${rows} rows, its producer reported ${part.rows}`);
  }
  yield* reader.batches(part.partition, part.segments?.from, part.segments?.to);
}

/** The Arrow schema message of the parts, from the first; undefined if there are none. */
export function schemaOfParts(parts: readonly LocalPart[]): Uint8Array | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  try {
    using reader = new ExchangeReader(first.path);
    return reader.schema;
  } catch (error) {
    throw first.producer === undefined ? error : fetchFailed(first.producer, error);
  }
}
