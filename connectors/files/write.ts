import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { destinationError } from '../../shared/destination-error.ts';
import { Connection } from '../../shared/duckdb/connection.ts';
import { Database } from '../../shared/duckdb/database.ts';
import { onceInput } from '../../shared/duckdb/input/input.ts';
import { SheafError } from '../../shared/errors.ts';
import type { LoadReceipt } from '../../shared/plan/nodes/load.ts';
import { literal, quotedName } from '../../shared/sql/text.ts';
import type { SinkBatches, WriteContext } from '../contract.ts';
import { loadName, partName } from './names.ts';
import { openStorage } from './open-storage.ts';
import type { SinkOptions } from './options.ts';
import type { StagedFile } from './storage.ts';

/**
 * Writes a task's rows to files, one for each partition or a few, and stages them. Memory is bounded by
 * `fileSinkMemoryBytes` and a part of an upload; the files lie on the worker's disk, or beside a local destination, in
 * between.
 */
export async function write(
  options: SinkOptions,
  { schema, batches }: SinkBatches,
  context: WriteContext,
): Promise<LoadReceipt> {
  const { config, signal, run, output, attempt } = context;
  const storage = await openStorage(options.path, options.s3, config, signal);
  const load = loadName(run, output);
  const directory = join(await storage.writingDirectory(load, attempt, context.directory), 'written');
  const rows = encode(options, onceInput(schema, batches), directory, context);
  const files: StagedFile[] = [];
  const written = rows === 0 ? [] : filesIn(directory);
  if (written.length > config.fileSinkPartitionsMax)
    throw tooMany(options, written.length, config.fileSinkPartitionsMax);
  for (const [number, file] of written.entries()) {
    const folder = relative(directory, join(file, '..')).split(sep).join('/');
    const name = partName(number, load, attempt, endingOf(options));
    files.push(await storage.stage(file, folder === '' ? name : `${folder}/${name}`, load));
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return {
    rows,
    bytes,
    detail: { files: files.map(({ name, bytes: size, token }) => ({ name, bytes: size, token })) },
  };
}

type Rows = ReturnType<typeof onceInput>;

function encode(
  options: SinkOptions,
  rows: Rows,
  directory: string,
  { config, directory: scratch }: WriteContext,
): number {
  using database = Database.open({
    memoryLimitBytes: config.fileSinkMemoryBytes,
    tempDirectory: join(scratch, 'sink-spill'),
  });
  using connection = Connection.open(database.address);
  try {
    const copy = `COPY (SELECT * FROM loaded_rows) TO ${literal(directory)} (${copyOptions(options)})`;
    return connection.execute(copy, { ...config, inputs: { loaded_rows: rows } });
  } catch (thrown) {
    throw destinationError(thrown, options.path);
  }
}

function copyOptions({ format, partitionBy, compression, rowGroupRows }: SinkOptions): string {
  const parquet = [
    `COMPRESSION ${compression ?? 'zstd'}`,
    ...(rowGroupRows === undefined ? [] : [`ROW_GROUP_SIZE ${rowGroupRows}`]),
  ];
  const text = compression === undefined || compression === 'none' ? [] : [`COMPRESSION ${compression}`];
  const folders = `PARTITION_BY (${partitionBy.map(quotedName).join(', ')})`;
  return [
    `FORMAT ${format === 'ndjson' ? 'json' : format}`,
    ...(format === 'parquet' ? parquet : text),
    ...(format === 'csv' ? ['HEADER true'] : []),
    ...(partitionBy.length > 0 ? [folders] : ['PER_THREAD_OUTPUT true']),
    "FILENAME_PATTERN 'f{uuid}'",
  ].join(', ');
}

function endingOf({ format, compression }: SinkOptions): string {
  if (format === 'parquet') return 'parquet';
  return compression === 'gzip' ? `${format}.gz` : compression === 'zstd' ? `${format}.zst` : format;
}

const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

const tooMany = ({ path, partitionBy }: SinkOptions, files: number, most: number): SheafError =>
  new SheafError('QUOTA_EXCEEDED', `One task would write ${files} files below ${path}; the limit is ${most}`, {
    next: `Partition by columns of fewer values than ${partitionBy.join(', ')}, or raise fileSinkPartitionsMax.`,
  });
