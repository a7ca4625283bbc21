import type { Batch } from '../arrow/batch.ts';
import { kernelSettings } from '../config/sections/kernel.ts';
import { duckdb } from './api.ts';
import { asSubquery } from './logical-type.ts';
import { Partitioner } from './partitioner.ts';
import type { Reader, ReaderContext } from './query.ts';
import type { Stream } from './stream.ts';

export interface HashPartitioning {
  /** SQL over the columns of the query. */
  readonly keys: readonly string[];
  readonly partitions: number;
  /** What may be gathered over all partitions before the largest batch is emitted. */
  readonly partitionBufferBytesMax?: number;
}

export interface PartitionBatch {
  readonly partition: number;
  readonly batch: Batch;
}

/** The query with the number of each row's partition as its last column. DuckDB's hash tables use the low bits. */
export const partitionSql = (sql: string, { keys, partitions }: HashPartitioning): string =>
  `SELECT *, ((hash(${keys.join(', ')}) >> 40) % ${partitions})::UINTEGER AS "sheaf_partition" FROM ${asSubquery(sql)}`;

export function partitionReader({ partitions, partitionBufferBytesMax }: HashPartitioning): Reader<PartitionBatch> {
  const bufferBytesMax = partitionBufferBytesMax ?? kernelSettings.partitionBufferBytesMax.default;
  return { hidden: 1, read: (stream, context) => read(stream, context, partitions, bufferBytesMax) };
}

function* read(
  stream: Stream,
  context: ReaderContext,
  partitions: number,
  bufferBytesMax: number,
): Generator<PartitionBatch, void, undefined> {
  using partitioner = new Partitioner(stream, context, partitions, bufferBytesMax);
  for (let chunk = stream.fetch(); chunk !== 0; chunk = stream.fetch()) {
    stream.consume(chunk, () => partitioner.add(chunk, duckdb.chunkSize(chunk)));
    yield* partitioner.full();
  }
  yield* partitioner.rest();
}
