import type { Schema } from '../../shared/schema.ts';

/** How the lines of a log are written: plain data, made by the functions below. */
export type LogFormat =
  | { readonly kind: 'access' }
  | { readonly kind: 'json'; readonly columns: Schema }
  | { readonly kind: 'pattern'; readonly pattern: string; readonly flags: string; readonly columns: Schema };

/** Columns of a line in the common or combined format of Apache and nginx. */
export const accessLogColumns = [
  { name: 'host', type: 'VARCHAR' },
  { name: 'ident', type: 'VARCHAR' },
  { name: 'user', type: 'VARCHAR' },
  { name: 'time', type: 'TIMESTAMP' },
  { name: 'method', type: 'VARCHAR' },
  { name: 'path', type: 'VARCHAR' },
  { name: 'protocol', type: 'VARCHAR' },
  { name: 'status', type: 'INTEGER' },
  { name: 'bytes', type: 'BIGINT' },
  { name: 'referer', type: 'VARCHAR' },
  { name: 'agent', type: 'VARCHAR' },
] as const satisfies Schema;

/** What a line of the format holds. */
export const columnsOf = (format: LogFormat): Schema => (format.kind === 'access' ? accessLogColumns : format.columns);
