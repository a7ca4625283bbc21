import { SheafError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import { literal } from '../shared/sql/text.ts';
import type { Committed, SinkContext } from './contract.ts';

/**
 * The ledger of a database: a table beside the target with one row for each run and output, written in the transaction
 * that loads. A transaction that finds the row knows that the load is done. How the table is made and locked is each
 * database's own.
 */
export const ledgerName = 'sheaf_ledger';

/** The table beside it that holds rows which do not fit the target. */
export const rejectsName = 'sheaf_rejects';

/** Whose row it is. */
export type LoadName = Pick<SinkContext, 'run' | 'pipeline' | 'output'>;

/** What the row says. */
export interface LedgerEntry {
  readonly rows: number;
  readonly bytes: number;
  readonly detail: Json;
}

/**
 * Finds the row of a load.
 *
 * @param detail the column as text
 */
export const findEntrySql = (ledger: string, { run, output }: LoadName, detail = 'detail'): string =>
  `SELECT "rows" AS loaded, bytes, ${detail} AS detail FROM ${ledger} WHERE run = ${literal(run)} AND output = ${literal(output)}`;

/** What was found; undefined if nothing was. */
export function foundEntry(row: Readonly<Record<string, unknown>> | undefined): LedgerEntry | undefined {
  if (row === undefined) return undefined;
  const detail = JSON.parse(String(row.detail ?? 'null')) as Json;
  return { rows: Number(row.loaded), bytes: Number(row.bytes), detail };
}

/** Writes the row of a load. @param now the database's time */
export function addEntrySql(
  ledger: string,
  { run, pipeline, output }: LoadName,
  { rows, bytes, detail }: LedgerEntry,
  cursors: Readonly<Record<string, Json>>,
  now: string,
): string {
  const names = [run, pipeline, output].map(literal).join(', ');
  const documents = [cursors, detail].map((value) => literal(JSON.stringify(value))).join(', ');
  return `INSERT INTO ${ledger} VALUES (${names}, ${rows}, ${bytes}, ${documents}, ${now})`;
}

/** An entry that an earlier call had written. */
export const already = (entry: LedgerEntry): Committed => ({ ...entry, already: true });

/** Rows cannot be merged by a key that they do not have. */
export const nullInKey = (rows: number, table: string, key: readonly string[]): SheafError =>
  new SheafError('SINK_FAILED', `${rows} rows for ${table} have null in the key (${key.join(', ')})`, {
    next: 'Add a rule to the pipeline: expect.notNull(column) for each column of the key. Nothing was loaded.',
  });
