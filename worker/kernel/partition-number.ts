import { numberColumn, partitionSql, withNumber } from '../../shared/duckdb/output/partition-reader.ts';
import type { Partitioning } from '../../shared/stage/output.ts';

/** Whether DuckDB numbers the partition of each row: else batches go whole. */
export const isNumbered = (partitioning: Partitioning): partitioning is Numbered =>
  partitioning.kind === 'hash' || partitioning.kind === 'range' || partitioning.kind === 'sample';

export type Numbered = Extract<Partitioning, { kind: 'hash' | 'range' | 'sample' }>;

/**
 * The query with the number of each row's partition as its last column.
 *
 * @param bounds of a range, in hex and in order
 */
export function numberedSql(sql: string, partitioning: Numbered, bounds: readonly string[]): string {
  switch (partitioning.kind) {
    case 'hash':
      return partitionSql(sql, partitioning);
    case 'sample':
      return withNumber(sql, `hash(row_number() OVER ()) % ${partitioning.every} = 0`);
    case 'range': {
      // The key is computed once, as a column that the number then takes the place of.
      const keyed = `SELECT *, ${partitioning.key} AS ${numberColumn} FROM (${sql}\n)`;
      const number = rangeNumber(numberColumn, bounds.slice(0, partitioning.partitions - 1), 0);
      return `SELECT * EXCLUDE (${numberColumn}), (${number})::UINTEGER AS ${numberColumn} FROM (${keyed})`;
    }
  }
}

/** How many bounds are no greater than the key, found by halves. */
function rangeNumber(key: string, bounds: readonly string[], below: number): string {
  const middle = bounds.length >> 1;
  const bound = bounds[middle];
  if (bound === undefined) return `${below}`;
  const lower = rangeNumber(key, bounds.slice(0, middle), below);
  const upper = rangeNumber(key, bounds.slice(middle + 1), below + middle + 1);
  return `CASE WHEN ${key} < unhex('${bound}') THEN ${lower} ELSE ${upper} END`;
}
