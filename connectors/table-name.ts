import { SheafError } from '../shared/errors.ts';
import { quotedName } from '../shared/sql/text.ts';

/** A table by its schema and name, as they stand in the catalogue. */
export interface TableName {
  /** Absent: where `search_path` finds it. */
  readonly schema?: string;
  readonly name: string;
}

const part = /"(?:[^"]|"")+"|[^".\s]+/y;

/**
 * `table`, `schema.table`, `"Odd schema"."table"`. Parts without quotes are taken as they are: letters keep their case.
 *
 * @throws SheafError `PLAN_INVALID` for other texts
 */
export function parseTableName(text: string): TableName {
  const parts: string[] = [];
  part.lastIndex = 0;
  for (let found = part.exec(text); found !== null; found = part.exec(text)) {
    parts.push(found[0].startsWith('"') ? found[0].slice(1, -1).replaceAll('""', '"') : found[0]);
    if (text[part.lastIndex] !== '.') break;
    part.lastIndex++;
  }
  const [first, second, ...more] = parts;
  const isWhole = part.lastIndex === text.length && !text.endsWith('.') && more.length === 0;
  if (first === undefined || !isWhole) throw noTable(text);
  return second === undefined ? { name: first } : { schema: first, name: second };
}

const noTable = (text: string): SheafError =>
  new SheafError('PLAN_INVALID', `"${text}" is no name of a table`, {
    next: 'Write table or schema.table; odd letters in double quotes: "my schema"."my table".',
  });

/** In double quotes, with its schema if it has one. */
export const quotedTable = ({ schema, name }: TableName): string =>
  schema === undefined ? quotedName(name) : `${quotedName(schema)}.${quotedName(name)}`;

/** For people. */
export const tableText = ({ schema, name }: TableName): string => (schema === undefined ? name : `${schema}.${name}`);
