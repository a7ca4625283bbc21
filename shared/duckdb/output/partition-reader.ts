import { kernelSettings } from '../../config/sections/kernel.ts';
import { asSubquery } from '../logical-type.ts';
import { duckdb } from '../native/api.ts';
import type { Reader, ReaderContext } from '../query.ts';
import { type PartitionBatch, Partitioner } from './partitioner.ts';
import type { Stream } from './stream.ts';

export interface HashPartitioning {
  /** SQL over the columns of the query. */
  readonly keys: readonly string[];
  readonly partitions: number;
  /** What may be gathered over all partitions before the largest batch is emitted. */
  readonly partitionBufferBytesMax?: number;
}

/** Partitions by any rule. */
export interface NumberedPartitioning extends Omit<HashPartitioning, 'keys'> {
  /** Makes of the query one with the number of each row's partition, an UINTEGER, as its last column. */
  readonly numbered: (sql: string) => string;
}

/** The query with the number of each row's partition as its last column. DuckDB's hash tables use the low bits. */
export function partitionSql(sql: string, partitioning: HashPartitioning | NumberedPartitioning): string {
  if ('numbered' in partitioning) return partitioning.numbered(sql);
  const { keys, partitions } = partitioning;
  return withNumber(sql, `((hash(${keys.join(', ')}) >> 40) % ${partitions})`);
}

/** The query with one more column: the number of a row's partition. */
export const withNumber = (sql: string, number: string): string =>
  `SELECT *, (${number})::UINTEGER AS ${numberColumn} FROM ${asSubquery(sql)}`;

export const numberColumn = '"sheaf_partition"';

export function partitionReader({
  partitions,
  partitionBufferBytesMax,
}: Omit<HashPartitioning, 'keys'>): Reader<PartitionBatch> {
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
