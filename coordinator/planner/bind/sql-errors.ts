import { SheafError } from '../../../shared/errors.ts';
import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, find, textsOf } from '../../../shared/sql/ast.ts';
import { type FileReference, unknownTables } from '../sql/file-references.ts';
import { columnNames, unknownColumn } from './describe.ts';
import type { Question } from './question.ts';

/**
 * The error in the user's own words.
 *
 * @param own the error against the user's own text, where files stand in it as tables
 */
export function explained(error: SheafError, own: Schema | SheafError | undefined, question: Question): SheafError {
  const { text, tree, references, schemas } = question;
  const [table] = unknownTables(tree);
  if (table !== undefined) return unknownTable(table, error);
  const all = schemas.flat();
  const isColumn = error.code === 'COLUMN_UNKNOWN' || /does not have a column/.test(error.message);
  const wanted = isColumn ? unknownName(tree, all, references) : undefined;
  if (wanted !== undefined) return unknownColumn(wanted, all, filesText(references), error);
  const told = own instanceof SheafError ? own : error;
  const isForeign = told === error; // then its caret points into a text that the user never saw
  const message = isForeign ? error.message.replace(/\n+LINE \d+:.*$/s, '') : told.message;
  const code = error.code === 'QUERY_FAILED' || error.code === 'TABLE_UNKNOWN' ? 'SQL_INVALID' : error.code;
  const next = error.code === 'COLUMN_UNKNOWN' ? error.next : undefined;
  return new SheafError(code, message, { cause: told, next: next ?? 'Correct the SQL.', details: { sql: text } });
}

const filesText = (references: readonly FileReference[]): string =>
  references.flatMap(({ scan }) => scan.paths).join(', ') || 'the query';

function unknownName(tree: AstNode, schema: Schema, references: readonly FileReference[]): string | undefined {
  const aliases = find(tree, ({ alias }) => typeof alias === 'string' && alias !== '').map(({ alias }) =>
    String(alias),
  );
  const known = new Set([
    ...columnNames(schema),
    ...[...aliases, ...references.map(({ alias }) => alias)].map((name) => name.toLowerCase()),
  ]);
  const names = find(tree, ({ class: kind }) => kind === 'COLUMN_REF').map(({ column_names }) => textsOf(column_names));
  const wanted = names.find((parts) => !parts.slice(0, 2).every((part) => known.has(part.toLowerCase())));
  return wanted?.find((part) => !known.has(part.toLowerCase()));
}

const unknownTable = (name: string, cause: SheafError): SheafError =>
  new SheafError('TABLE_UNKNOWN', `There is no table "${name}"`, {
    next: `Name files in quotes, for example FROM '${name}.parquet', or define it in a WITH clause.`,
    cause,
  });
