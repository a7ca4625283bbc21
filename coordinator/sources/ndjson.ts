import { closeSync, openSync, readSync } from 'node:fs';
import type { Connection } from '../../shared/duckdb/connection.ts';
import { SheafError } from '../../shared/errors.ts';
import type { ScanOptions } from '../../shared/plan/nodes/scan.ts';
import type { Schema } from '../../shared/schema.ts';
import { literal } from '../../shared/sql/text.ts';
import type { FileRef } from '../../shared/stage/split.ts';
import type { FileFacts } from './file-facts.ts';
import { isCompressed } from './formats.ts';
import type { SourceCache } from './source-cache.ts';
import { byteRanges, textBytes } from './text-splits.ts';
import { unreadable } from './unreadable.ts';

/** Columns and types as DuckDB finds them in a sample, fixed for all tasks; a key that a line lacks is null. */
export function lookIntoNdjson(
  files: readonly FileRef[],
  { schema, multiline }: ScanOptions,
  splitBytes: number,
  connection: Connection,
  cache: SourceCache,
): FileFacts[] {
  return files.map((file) => {
    const columns = schema ?? cache.get<Schema>(file, 'ndjson') ?? columnsOf(file, connection);
    if (schema === undefined) cache.set(file, 'ndjson', columns);
    const splits = byteRanges(file, splitBytes, multiline === true).map((range) => ({
      split: { kind: 'ndjson' as const, file, ...range },
      rows: 0,
      bytes: textBytes(file, range),
    }));
    return { file, schema: columns, splits: () => splits };
  });
}

function columnsOf(file: FileRef, connection: Connection): Schema {
  const { path, sizeBytes } = file;
  if (sizeBytes === 0) throw malformed(path, 'it is empty and tells no columns', 'Leave it out, or give a schema.');
  if (!isCompressed(path) && firstByte(path) === '[') {
    throw malformed(path, 'it holds one JSON array', "Write one object per line, for example with jq -c '.[]'.");
  }
  try {
    return connection.describe(`SELECT * FROM read_ndjson(${literal(path)})`);
  } catch (thrown) {
    const error = SheafError.from(thrown);
    const other = unreadable(path, error);
    if (other !== undefined) throw other;
    const [what = ''] = error.message.split('\n');
    throw malformed(path, what, 'Correct the line, or leave the file out.', error);
  }
}

function firstByte(path: string): string {
  const descriptor = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(64);
    return buffer.toString('latin1', 0, readSync(descriptor, buffer)).trimStart().charAt(0);
  } finally {
    closeSync(descriptor);
  }
}

const malformed = (path: string, what: string, next: string, cause?: SheafError): SheafError =>
  new SheafError('ROW_MALFORMED', `${path} does not read as NDJSON: ${what}`, { next, cause, details: { file: path } });
