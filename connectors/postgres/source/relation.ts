import { SheafError } from '../../../shared/errors.ts';
import type { Schema } from '../../../shared/schema.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import { parseTableName, quotedTable, tableText } from '../../table-name.ts';
import type { Place } from '../errors.ts';
import type { SourceOptions } from '../options.ts';
import type { Session } from '../session.ts';
import { duckdbTypeOf } from '../types/from-postgres.ts';

/** What is read: a table or a query. */
export interface Relation {
  /** For `FROM`. */
  readonly sql: string;
  /** Quoted; absent for a query. */
  readonly table?: string;
  /** For messages and provenance. */
  readonly text: string;
}

/** The table or query that the options name. */
export function relationOf({ table, query }: SourceOptions): Relation {
  if (table === undefined) return { sql: `(${query}\n) AS q`, text: 'query' };
  const name = parseTableName(table);
  return { sql: quotedTable(name), table: quotedTable(name), text: tableText(name) };
}

/** The source, for messages. */
export const placeOf = (options: SourceOptions): Place => ({
  side: 'source',
  server: options.server,
  thing: relationOf(options).text,
});

/**
 * The columns to read: those that the user typed, or those that there are.
 *
 * @throws SheafError `COLUMN_UNKNOWN`, `SCHEMA_MISMATCH`
 */
export async function columnsOf(session: Session, options: SourceOptions, given?: Schema): Promise<Schema> {
  const relation = relationOf(options);
  const fields = await session.describe(`SELECT ${selection(options)} FROM ${relation.sql}`);
  const found = fields.map(({ name, oid, modifier }) => ({ name, type: duckdbTypeOf(oid, modifier) }));
  const names = new Set<string>();
  for (const { name } of found) {
    if (names.has(name.toLowerCase())) throw twice(name, relation);
    names.add(name.toLowerCase());
  }
  const missing = given?.find((column) => found.every(({ name }) => name !== column.name));
  if (missing === undefined) return given ?? found;
  throw new SheafError('COLUMN_UNKNOWN', `${relation.text} has no column ${missing.name}`, {
    next: `It has: ${found.map(({ name }) => name).join(', ')}.`,
  });
}

const selection = ({ columns }: SourceOptions): string => columns?.map(quotedName).join(', ') ?? '*';

const twice = (name: string, { text }: Relation): SheafError =>
  new SheafError('SCHEMA_MISMATCH', `${text} has two columns named ${name}; letters' case makes no difference here`, {
    next: 'Read it by a query that gives one of them another name.',
  });
