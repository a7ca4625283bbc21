import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '../../shared/duckdb/connection.ts';
import { Database } from '../../shared/duckdb/database.ts';

/** Three million real flights, in 11 row groups. */
export const flightsFile = new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url)
  .pathname;

/** What DuckDB itself answers, in this process on one thread. */
export function duckdbAnswer(sql: string): Record<string, unknown>[] {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-answer-'));
  try {
    using database = Database.open({ memoryLimitBytes: 2 ** 30, tempDirectory: folder });
    using connection = Connection.open(database.address);
    return connection.rows(sql);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
