import { SheafError } from '../../../shared/errors.ts';
import { didYouMean } from '../../../shared/nearest.ts';
import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, find, isNode, nodesOf, textsOf } from '../../../shared/sql/ast.ts';
import { type TableReference, unknownTables } from '../sql/table-references.ts';
import { columnNames, unknownColumn } from './describe.ts';
import type { Question } from './question.ts';

/**
 * The error in the user's own words.
 *
 * @param own the error against the user's own text, where files stand in it as tables
 */
export function explained(error: SheafError, own: Schema | SheafError | undefined, question: Question): SheafError {
  const { text, tree, references, schemas, relations, callable } = question;
  if (error.details?.function !== undefined) return error;
  const [table] = unknownTables(tree, relations);
  if (table !== undefined) return unknownTable(table, tableNames(question), error);
  const candidates = candidatesOf(error, question);
  if (candidates.length > 0) return ambiguous(candidates, own instanceof SheafError ? own : error, text);
  const all = schemas.flat();
  const isColumn = error.code === 'COLUMN_UNKNOWN' || /does not have a column/.test(error.message);
  const wanted = isColumn ? unknownName(tree, all, references) : undefined;
  if (wanted !== undefined) return unknownColumn(wanted, all, filesText(references), error);
  const told = own instanceof SheafError ? own : error;
  const [, wantedFunction = ''] = /Function with name "?(\w+)"? does not exist/.exec(error.message) ?? [];
  const near = wantedFunction && didYouMean(callable, wantedFunction);
  if (near) return new SheafError('SQL_INVALID', `There is no function ${wantedFunction}`, { cause: told, next: near });
  const isForeign = told === error; // then its caret points into a text that the user never saw
  const message = isForeign ? error.message.replace(/\n+LINE \d+:.*$/s, '') : told.message;
  const code = error.code === 'QUERY_FAILED' || error.code === 'TABLE_UNKNOWN' ? 'SQL_INVALID' : error.code;
  const next = error.code === 'COLUMN_UNKNOWN' ? error.next : undefined;
  return new SheafError(code, message, { cause: told, next: next ?? 'Correct the SQL.', details: { sql: text } });
}

const filesText = (references: readonly TableReference[]): string =>
  [...new Set(references.map(({ name }) => name))].join(', ') || 'the query';

function unknownName(tree: AstNode, schema: Schema, references: readonly TableReference[]): string | undefined {
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

/** Tables that the text could have meant: those that came with it, and its own. */
function tableNames({ relations, tree }: Question): string[] {
  const clauses = find(tree, (node) => isNode(node.cte_map)).map(({ cte_map }) => cte_map as AstNode);
  return [
    ...[...relations.values()].map(({ name }) => name),
    ...clauses.flatMap(({ map }) => nodesOf(map)).map(({ key }) => String(key)),
  ];
}

const unknownTable = (name: string, known: readonly string[], cause: SheafError): SheafError => {
  const files = `Name files in quotes, for example FROM '${name}.parquet', or define it in a WITH clause.`;
  const next = [didYouMean(known, name), files].filter(Boolean).join(' ');
  return new SheafError('TABLE_UNKNOWN', `There is no table "${name}"`, { next, cause, details: { table: name } });
};

/** What an ambiguous column may be, as `table.column`: DuckDB names two, tables that are named in the text may have more. */
function candidatesOf({ message }: SheafError, { references, schemas }: Question): string[] {
  const [, name = '', ...two] =
    /Ambiguous reference to column name "(.+?)" \(use: "(.+?)" or "(.+?)"\)/.exec(message) ?? [];
  const has = (at: number): boolean => columnNames(schemas[at] ?? []).has(name.toLowerCase());
  const named = references.flatMap(({ alias }, at) => (has(at) ? [`${alias}.${name}`] : []));
  return two.every((candidate) => named.includes(candidate)) ? [...new Set(named)] : two;
}

const ambiguous = (candidates: readonly string[], cause: SheafError, text: string): SheafError =>
  new SheafError('SQL_INVALID', cause.message, {
    next: `Say which one: ${candidates.join(' or ')}.`,
    details: { sql: text, candidates: candidates.join(', ') },
    cause,
  });
