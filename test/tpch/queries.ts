import { readdirSync, readFileSync } from 'node:fs';
import type { Connection } from '../../shared/duckdb/connection.ts';
import { overFiles } from './tables.ts';

const folder = new URL('queries/', import.meta.url);

/** The 22 queries with the parameters of TPC-H's validation run, by name (`q01`), over tables by their names. */
export const queryTexts = (): [name: string, sql: string][] =>
  readdirSync(folder)
    .toSorted()
    .map((file) => [file.replace('.sql', ''), readFileSync(new URL(file, folder), 'utf8')]);

/** The same over the files of a directory. */
export const queriesOver = (directory: string, connection: Connection): [name: string, sql: string][] =>
  queryTexts().map(([name, sql]) => [name, overFiles(sql, directory, connection)]);
