import type { Connection } from '../../shared/duckdb/connection.ts';
import type { Schema } from '../../shared/schema.ts';
import { pathLiteral, quotedName } from '../../shared/sql/text.ts';
import type { Split } from '../../shared/stage/split.ts';
import type { Sample, SampleCount, SourceSplit } from '../planner/source.ts';
import type { SourceCache } from './source-cache.ts';

/** Rows are taken at so many places, so many at each: a file that is sorted looks different at its ends. */
const places = 4;
const rowsAtEach = 1024;

/**
 * Longer ones are not tried: DuckDB takes most of a second to plan a condition of 700 ORs, however few rows it asks.
 */
const selectCharsMax = 8192;

type ParquetSplit = Extract<Split, { kind: 'parquet' }>;

/** Runs a SELECT over some rows of a Parquet scan, and remembers how many it kept. */
export function parquetSample(schema: Schema, connection: Connection, cache: SourceCache): Sample {
  return (splits, columns, select) => {
    const chosen = spread(splits).flatMap(({ split }) => (split.kind === 'parquet' && split.rows > 0 ? [split] : []));
    const [first] = chosen;
    if (first === undefined) return undefined;
    const wanted = schema.filter(({ name }) => columns.has(name.toLowerCase()));
    const relation = chosen.map((split) => `(${rowsOf(split, wanted)})`).join(' UNION ALL ');
    const sql = select(`(${relation})`);
    if (sql.length > selectCharsMax) return undefined;
    const known = cache.get<SampleCount>(first.file, sql);
    if (known !== undefined) return known;
    const count = countOf(sql, chosen, connection);
    if (count !== undefined) cache.set(first.file, sql, count);
    return count;
  };
}

/** The first split of each of some runs of equal length. */
function spread(splits: readonly SourceSplit[]): readonly SourceSplit[] {
  const step = Math.max(1, splits.length / places);
  return Array.from({ length: Math.min(places, splits.length) }, (_, i) => splits[Math.floor(i * step)]).filter(
    (split) => split !== undefined,
  );
}

function rowsOf({ file, firstRow, missing = [] }: ParquetSplit, schema: Schema): string {
  const lacks = new Set(missing.map((name) => name.toLowerCase()));
  const list = schema.map(({ name, type }) => {
    const value = lacks.has(name.toLowerCase()) ? 'NULL' : quotedName(name);
    return `${value}::${type} AS ${quotedName(name)}`;
  });
  const from = firstRow === 0 ? '' : ` WHERE file_row_number >= ${firstRow}`;
  return `SELECT ${[...list, '1'].join(', ')} FROM read_parquet(${pathLiteral(file.path)})${from} LIMIT ${rowsAtEach}`;
}

function countOf(sql: string, chosen: readonly ParquetSplit[], connection: Connection): SampleCount | undefined {
  const rows = chosen.reduce((sum, split) => sum + Math.min(rowsAtEach, split.rows), 0);
  try {
    const [row] = connection.rows(`SELECT count(*)::DOUBLE AS kept FROM (${sql})`);
    return { rows, kept: Number(row?.kept ?? rows) };
  } catch {
    return undefined; // an estimate that cannot be had: the tasks will say what is wrong with the question
  }
}
