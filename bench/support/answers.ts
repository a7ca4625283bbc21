import type { Connection } from '../../shared/duckdb/connection.ts';
import { literal } from '../../shared/sql/text.ts';

/** Rows, and a sum for each column: of its numbers, or of its values' hashes. */
type Checksum = readonly number[];

/** Systems give quotients and means their own scale: Spark's decimals end after six places. */
const relativeDifferenceMax = 1e-4;

/**
 * Whether two answers in Parquet files have the same rows, in any order: ties may stand as they like.
 *
 * @param actual a path or a glob
 * @returns how they differ, or undefined
 */
export function difference(actual: string, expected: string, connection: Connection): string | undefined {
  const types = connection
    .rows(`DESCRIBE FROM read_parquet(${literal(expected)})`)
    .map((row) => String(row.column_type));
  const ours = checksum(actual, types, connection);
  const theirs = checksum(expected, types, connection);
  const at = theirs.findIndex((value, i) => !areClose(value, ours[i] ?? Number.NaN));
  if (at < 0) return undefined;
  return `${at === 0 ? 'rows' : `the checksum of column ${at}`}: ${ours[at]}, DuckDB has ${theirs[at]}`;
}

function checksum(path: string, types: readonly string[], connection: Connection): Checksum {
  const names = types.map((_, i) => `c${i}`);
  const sums = types.map((type, i) => `coalesce(sum(${summed(type, `c${i}`)})::double, 0) AS s${i}`);
  const [row] = connection.rows(
    `SELECT count(*)::double AS n, ${sums.join(', ')} FROM read_parquet(${literal(path)}) t(${names.join(', ')})`,
  );
  return ['n', ...types.map((_, i) => `s${i}`)].map((name) => Number(row?.[name]));
}

/** Of a column of the type that DuckDB gave it: others may have doubles for its decimals, timestamps for its dates. */
function summed(type: string, name: string): string {
  if (/INT|DECIMAL|DOUBLE|FLOAT/.test(type)) return `${name}::double`;
  return `hash(${type === 'DATE' ? `${name}::date` : name}::varchar) % 1000000007`;
}

const areClose = (a: number, b: number): boolean =>
  Math.abs(a - b) <= relativeDifferenceMax * Math.max(Math.abs(a), Math.abs(b));
