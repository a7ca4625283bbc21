import { closeSync, openSync, readSync } from 'node:fs';
import type { Connection } from '../../shared/duckdb/connection.ts';
import { SheafError } from '../../shared/errors.ts';
import type { ScanOptions } from '../../shared/plan/nodes/scan.ts';
import type { Schema } from '../../shared/schema.ts';
import { pathLiteral } from '../../shared/sql/text.ts';
import type { FileRef } from '../../shared/stage/split.ts';
import type { FileFacts } from './file-facts.ts';
import { isCompressed } from './formats.ts';
import type { SourceCache } from './source-cache.ts';
import { byteRanges, textBytes } from './text-splits.ts';
import { unreadable } from './unreadable.ts';

/** What a file tells by itself. */
interface Found {
  readonly columns: Schema;
  readonly isEmpty: boolean;
}

/** Columns and types as DuckDB finds them in a sample, fixed for all tasks; a key that a line lacks is null. */
export function lookIntoNdjson(
  files: readonly FileRef[],
  { schema, multiline }: ScanOptions,
  splitBytes: number,
  connection: Connection,
  cache: SourceCache,
): FileFacts[] {
  return files.map((file) => {
    const given = schema === undefined ? undefined : { columns: schema, isEmpty: file.sizeBytes === 0 };
    const found = given ?? cache.get<Found>(file, 'ndjson') ?? lookInto(file, connection);
    if (given === undefined) cache.set(file, 'ndjson', found);
    const ranges = found.isEmpty ? [] : byteRanges(file, splitBytes, multiline === true);
    const splits = ranges.map((range) => ({
      split: { kind: 'ndjson' as const, file, ...range },
      rows: 0,
      bytes: textBytes(file, range),
    }));
    return { file, schema: found.columns, ...(found.isEmpty ? { noRows: 'empty' } : {}), splits: () => splits };
  });
}

function lookInto(file: FileRef, connection: Connection): Found {
  const { path } = file;
  if (!isCompressed(path) && firstByte(path) === '[') {
    throw malformed(path, 'it holds one JSON array', "Write one object per line, for example with jq -c '.[]'.");
  }
  try {
    const columns = connection.describe(`SELECT * FROM read_ndjson(${pathLiteral(path)})`);
    checkKeys(path, columns, connection);
    return { columns, isEmpty: hasNoRows(file, columns, connection) };
  } catch (thrown) {
    const error = SheafError.from(thrown);
    const other = unreadable(path, error);
    if (other !== undefined || error.code === 'NOT_SUPPORTED') throw other ?? error;
    const [what = ''] = error.message.split('\n');
    const next = /maximum_object_size/.test(what) ? ofLongLine(path) : 'Correct the line, or leave the file out.';
    throw malformed(path, what, next, error);
  }
}

/** Not a wrong line, perhaps: DuckDB takes lines of 16 MiB unless it is told. */
const ofLongLine = (path: string): string =>
  `If the line is meant to be so long, write read_ndjson(${pathLiteral(path)}, maximum_object_size = 268435456), which one task reads.`;

/** Of a file without any row DuckDB says that it has a column `json`. */
function hasNoRows({ path, sizeBytes }: FileRef, [first, ...others]: Schema, connection: Connection): boolean {
  if (sizeBytes === 0) return true;
  if (first?.name !== 'json' || first.type !== 'JSON' || others.length > 0) return false;
  return connection.rows(`SELECT 1 FROM read_ndjson(${pathLiteral(path)}) LIMIT 1`).length === 0;
}

/** DuckDB's sample has 20,480 lines. */
const sampledLines = 40_960;

/**
 * DuckDB gives a key that is empty, or differs from another only in case, a name of its own, `C0` or `id_1`; tasks read
 * by names, so they would find nothing there.
 *
 * @throws SheafError `NOT_SUPPORTED`
 */
function checkKeys(path: string, columns: Schema, connection: Connection): void {
  if (!columns.some(({ name }) => /_\d+$|^C\d+$/.test(name))) return;
  const sample = `FROM read_ndjson_objects(${pathLiteral(path)}) LIMIT ${sampledLines}`;
  const rows = connection.rows(`SELECT DISTINCT unnest(json_keys(json)) AS key FROM (${sample})`);
  const keys = new Set(rows.map(({ key }) => key));
  const renamed = columns.find(({ name }) => !keys.has(name));
  if (renamed !== undefined) throw sameKeys(path, `one that SQL cannot name and DuckDB calls "${renamed.name}"`);
}

/**
 * @throws SheafError `NOT_SUPPORTED` where files call a key by names that differ only in case: each has the one alone
 */
export function checkCase(first: FileFacts, other: FileFacts): void {
  const spelled = new Map(first.schema.map(({ name }) => [name.toLowerCase(), name]));
  for (const { name } of other.schema) {
    const known = spelled.get(name.toLowerCase()) ?? name;
    if (known !== name) throw sameKeys(other.file.path, `"${name}", which is "${known}" in ${first.file.path}`);
  }
}

const sameKeys = (path: string, what: string): SheafError =>
  new SheafError('NOT_SUPPORTED', `Among the keys of ${path} is ${what}`, {
    next: "Ask read_json('…') instead, which DuckDB reads in one task, telling keys apart by case; or give the key another name.",
    details: { file: path },
  });

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
