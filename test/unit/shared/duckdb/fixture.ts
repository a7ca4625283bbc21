import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Batch } from '../../../../shared/arrow/batch.ts';
import { Connection } from '../../../../shared/duckdb/connection.ts';
import { Database } from '../../../../shared/duckdb/database.ts';
import type { Input } from '../../../../shared/duckdb/input/input.ts';

export const database = Database.open({
  memoryLimitBytes: 2 ** 29,
  tempDirectory: join(tmpdir(), `sheaf-test-${process.pid}`),
});
export const connection = Connection.open(database.address);
/** For queries inside callbacks of queries of the first. */
export const other = Connection.open(database.address);

after(() => {
  other[Symbol.dispose]();
  connection[Symbol.dispose]();
  database[Symbol.dispose]();
});

/** All rows of a query as an input that can be read again. */
export function inputOf(sql: string, batchRowsMax = 65_536): Input & { readonly batches: readonly Batch[] } {
  using query = other.query(sql, { batchRowsMax });
  const batches = [...query];
  return { schema: query.schema, batches, open: () => batches[Symbol.iterator]() };
}

/** Runs a query to its end and returns its first row. */
export function firstRow(sql: string, inputs: Readonly<Record<string, Input>>): Record<string, unknown> | undefined {
  connection.execute(`CREATE OR REPLACE TEMP TABLE first_row AS ${sql}`, { inputs });
  return connection.rows('FROM first_row')[0];
}
