import type { Connection } from '../../shared/duckdb/connection.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Schema } from '../../shared/schema.ts';
import { pathLiteral } from '../../shared/sql/text.ts';
import type { FileRef } from '../../shared/stage/split.ts';
import type { SourceSplit } from '../planner/source.ts';
import type { FileFacts } from './file-facts.ts';
import type { SourceCache } from './source-cache.ts';
import { unreadable, withoutPlace } from './unreadable.ts';

interface Footer {
  readonly schema: Schema;
  readonly rowGroups: readonly RowGroup[];
}

interface RowGroup {
  readonly rows: number;
  /** Uncompressed, as encoded. */
  readonly bytes: number;
}

/** Encodings are tighter than memory: a value takes at least so much there. */
const valueBytes = 8;

/** @throws SheafError `FILE_CORRUPT`, `PERMISSION_DENIED`, naming the file */
export function lookIntoParquet(files: readonly FileRef[], connection: Connection, cache: SourceCache): FileFacts[] {
  return files.map((file) => {
    const footer = cache.get<Footer>(file, 'parquet') ?? readFooter(file, connection);
    cache.set(file, 'parquet', footer);
    return { file, schema: footer.schema, splits: (scan) => splitsOf(file, footer, scan) };
  });
}

function readFooter({ path }: FileRef, connection: Connection): Footer {
  try {
    const schema = connection.describe(`SELECT * FROM read_parquet(${pathLiteral(path)})`);
    const rows = connection.rows(`
      SELECT row_group_id, any_value(row_group_num_rows)::DOUBLE AS rows, sum(total_uncompressed_size)::DOUBLE AS bytes
      FROM parquet_metadata(${pathLiteral(path)}) GROUP BY row_group_id ORDER BY row_group_id`);
    return { schema, rowGroups: rows.map((row) => ({ rows: Number(row.rows), bytes: Number(row.bytes) })) };
  } catch (thrown) {
    throw corrupt(path, SheafError.from(thrown));
  }
}

function corrupt(path: string, error: SheafError): SheafError {
  const other = unreadable(path, error);
  if (other !== undefined) return other;
  return new SheafError('FILE_CORRUPT', `${path} is not a readable Parquet file: ${withoutPlace(error)}`, {
    cause: error,
    next: 'Check that it is Parquet and was written to its end (the footer stands last), or leave it out.',
    details: { file: path },
  });
}

function splitsOf(file: FileRef, { schema, rowGroups }: Footer, scan: Schema): SourceSplit[] {
  const own = new Map(schema.map((column) => [column.name.toLowerCase(), column]));
  const missing = scan.filter(({ name }) => !own.has(name.toLowerCase())).map(({ name }) => name);
  const cast = scan.flatMap(({ name, type }) => {
    const column = own.get(name.toLowerCase());
    return column === undefined || column.type === type ? [] : [column];
  });
  const fileRows = rowGroups.reduce((sum, { rows }) => sum + rows, 0);
  // A column of that name hides the row number by which a file is cut.
  const groups = own.has('file_row_number') ? [together(rowGroups)] : rowGroups;
  let firstRow = 0;
  return groups.map(({ rows, bytes }) => {
    const place = { kind: 'parquet' as const, file, firstRow, rows, fileRows };
    firstRow += rows;
    const memory = Math.max(bytes, rows * schema.length * valueBytes);
    const other = { ...(missing.length > 0 && { missing }), ...(cast.length > 0 && { cast }) };
    return { split: { ...place, ...other }, rows, bytes: memory };
  });
}

const together = (groups: readonly RowGroup[]): RowGroup => ({
  rows: groups.reduce((sum, { rows }) => sum + rows, 0),
  bytes: groups.reduce((sum, { bytes }) => sum + bytes, 0),
});
