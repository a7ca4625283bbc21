import { statSync } from 'node:fs';
import { Connection } from '../shared/duckdb/connection.ts';
import { Database } from '../shared/duckdb/database.ts';
import { onceInput } from '../shared/duckdb/input/input.ts';
import { literal } from '../shared/sql/text.ts';
import type { SinkBatches } from './contract.ts';

/**
 * Writes batches to a Parquet file, by a DuckDB of its own within the memory given.
 *
 * @param limits `select`: expressions to write in place of all columns
 * @returns rows, and the file's bytes
 * @throws SheafError of DuckDB, or what the batches throw; then the file is not there
 */
export function writeParquet(
  file: string,
  { schema, batches }: SinkBatches,
  limits: { readonly memoryBytes: number; readonly directory: string; readonly select?: string },
): { readonly rows: number; readonly bytes: number } {
  using database = Database.open({ memoryLimitBytes: limits.memoryBytes, tempDirectory: limits.directory });
  using connection = Connection.open(database.address);
  const sql = `COPY (SELECT ${limits.select ?? '*'} FROM staged) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd)`;
  const rows = connection.execute(sql, { inputs: { staged: onceInput(schema, batches) } });
  return { rows, bytes: statSync(file).size };
}
