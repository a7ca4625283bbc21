import { join } from 'node:path';
import { isS3, localName, parseLocation } from '../../../connectors/s3/location.ts';
import { resolvedOptions } from '../../../connectors/s3/options.ts';
import { type ColumnChunk, parquetRanges } from '../../../connectors/s3/ranges.ts';
import { type Fetching, parquetFooterBytes, Scratch, SparseCopy } from '../../../connectors/s3/remote-object.ts';
import { objectStore } from '../../../connectors/s3/store.ts';
import type { Config } from '../../../shared/config/config.ts';
import { Connection } from '../../../shared/duckdb/connection.ts';
import { assert, SheafError } from '../../../shared/errors.ts';
import type { Schema } from '../../../shared/schema.ts';
import type { Secrets } from '../../../shared/secrets.ts';
import { literal } from '../../../shared/sql/text.ts';
import type { FileRef, Split } from '../../../shared/stage/split.ts';
import { isWhole, type TextSplit } from './ranges.ts';

type ParquetSplit = Extract<Split, { kind: 'parquet' }>;

export interface RemoteContext {
  /** Address of the worker's database. */
  readonly database: bigint;
  /** For messages: this worker. */
  readonly workerName: string;
  readonly directory: string;
  readonly config: Config;
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
}

/**
 * What a task needs of objects, copied to its own disk: of a Parquet object the footer and the column chunks that it reads, of
 * text the lines of its range, of others the whole. Copies have the object's size, and their bytes lie where they lie there.
 *
 * @param schema the columns that are read
 * @returns the splits in their order, each of a local file; what lay on disk already as it was
 * @throws SheafError `FILE_CHANGED` if an object is no longer as the coordinator saw it, `QUOTA_EXCEEDED`, and what the storage says
 */
export async function fetchSplits(splits: readonly Split[], schema: Schema, context: RemoteContext): Promise<Split[]> {
  const { config, signal } = context;
  const fetching: Fetching = { limits: config, scratch: new Scratch(config.objectScratchBytesMax), signal };
  const fetched = new Map<Split, FileRef>();
  let number = 0;
  for (const group of groupsOf(splits)) {
    const [first] = group;
    assert(first !== undefined, 'a group holds a split');
    const path = join(context.directory, `object-${number++}`, localName(parseLocation(first.file.path).key));
    const local = await fetchGroup(group, schema, path, fetching, context).catch(inWorkerTerms(first.file, context));
    for (const split of group) fetched.set(split, local);
  }
  return splits.map((split) => {
    const file = fetched.get(split);
    return file === undefined ? split : { ...split, file };
  });
}

/** Splits that share a copy: all of one object, but for ranges of text, which are copied again line by line. */
function groupsOf(splits: readonly Split[]): Split[][] {
  const groups = new Map<string | Split, Split[]>();
  for (const split of splits) {
    if (!isS3(split.file.path)) continue;
    const isText = split.kind === 'csv' || split.kind === 'ndjson';
    const key = isText && !isWhole(split) ? split : split.file.path;
    groups.set(key, [...(groups.get(key) ?? []), split]);
  }
  return [...groups.values()];
}

async function fetchGroup(
  group: readonly Split[],
  schema: Schema,
  path: string,
  fetching: Fetching,
  context: RemoteContext,
): Promise<FileRef> {
  const [{ kind, file } = group[0] as Split] = group;
  const { sizeBytes, modifiedMs, object } = file;
  const s3 = resolvedOptions(object?.options, (data) => context.secrets.resolve(data));
  const store = await objectStore(s3, context.config);
  const remote = { store, place: parseLocation(file.path), sizeBytes, etag: object?.etag ?? '' };
  using copy = new SparseCopy(remote, path, fetching);
  if (kind === 'parquet') await fetchParquet(copy, group as readonly ParquetSplit[], schema, sizeBytes, context);
  else if (kind === 'arrow' || isWhole(group[0] as TextSplit)) await copy.fetchAll();
  else await copy.fetchLines(group[0] as TextSplit);
  return { path, sizeBytes, modifiedMs };
}

async function fetchParquet(
  copy: SparseCopy,
  group: readonly ParquetSplit[],
  schema: Schema,
  sizeBytes: number,
  { database }: RemoteContext,
): Promise<void> {
  await copy.fetchFooter(parquetFooterBytes);
  const chunks = chunksOf(copy.path, database);
  const columns = schema.map(({ name }) => name);
  const ranges = group.flatMap((split) => {
    const optional = new Set(
      [...(split.missing ?? []), ...partitionNames(copy.path)].map((name) => name.toLowerCase()),
    );
    return parquetRanges(chunks, columns, split, optional, sizeBytes);
  });
  await copy.fetch(ranges);
}

/** Of `name=value` folders, which DuckDB reads as columns. */
const partitionNames = (path: string): string[] => path.split('/').flatMap((part) => /^([^=]+)=/.exec(part)?.[1] ?? []);

function chunksOf(path: string, database: bigint): ColumnChunk[] {
  using connection = Connection.open(database);
  const rows = connection.rows(`
    SELECT row_group_id, row_group_num_rows, path_in_schema, data_page_offset, dictionary_page_offset, index_page_offset,
      total_compressed_size, bloom_filter_offset, bloom_filter_length
    FROM parquet_metadata(${literal(path)})`);
  const optional = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value));
  return rows.map((row) => ({
    rowGroup: Number(row.row_group_id),
    rows: Number(row.row_group_num_rows),
    path: String(row.path_in_schema),
    dataOffset: Number(row.data_page_offset),
    dictionaryOffset: optional(row.dictionary_page_offset),
    indexOffset: optional(row.index_page_offset),
    compressedBytes: Number(row.total_compressed_size),
    bloomOffset: optional(row.bloom_filter_offset),
    bloomBytes: optional(row.bloom_filter_length),
  }));
}

const inWorkerTerms =
  ({ path }: FileRef, { workerName, signal }: RemoteContext) =>
  (thrown: unknown): never => {
    signal.throwIfAborted();
    const error = SheafError.from(thrown);
    throw new SheafError(error.code, `Worker ${workerName}: ${error.message}`, {
      cause: error,
      retryable: error.retryable,
      details: { ...error.details, file: path, worker: workerName },
      ...(error.next === undefined ? {} : { next: error.next }),
    });
  };
