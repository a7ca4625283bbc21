import { SheafError } from '../../../../shared/errors.ts';
import { didYouMean } from '../../../../shared/nearest.ts';
import type { Schema } from '../../../../shared/schema.ts';
import { type AstNode, find, isNode, nodesOf, textsOf } from '../../../../shared/sql/ast.ts';
import { type TableReference, unknownTables } from '../../sql/table-references.ts';
import { columnNames, unknownColumn } from '../describe.ts';
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
  const file = unknownFile(error);
  if (file !== undefined) return file;
  const alias = unknownAlias(error, question);
  if (alias !== undefined) return alias;
  const candidates = candidatesOf(error, question);
  if (candidates.length > 0) return ambiguous(candidates, own instanceof SheafError ? own : error, text);
  const all = schemas.flat();
  const isField = /Could not find key/.test(error.message);
  const isColumn = !isField && (error.code === 'COLUMN_UNKNOWN' || /does not have a column/.test(error.message));
  const wanted = isColumn ? unknownName(tree, all, references) : undefined;
  if (wanted !== undefined) return unknownColumn(wanted, all, filesText(references), error);
  const told = own instanceof SheafError ? own : error;
  const [, wantedFunction = ''] = /Function with name "?(\w+)"? does not exist/.exec(error.message) ?? [];
  const near = wantedFunction && didYouMean(callable, wantedFunction);
  if (near) return new SheafError('SQL_INVALID', `There is no function ${wantedFunction}`, { cause: told, next: near });
  const isForeign = told === error; // then its caret points into a text that the user never saw
  const message = isForeign ? error.message.replace(/\n+LINE \d+:.*$/s, '') : inTemplate(told.message);
  const code = error.code === 'QUERY_FAILED' || error.code === 'TABLE_UNKNOWN' ? 'SQL_INVALID' : error.code;
  const next = error.code === 'COLUMN_UNKNOWN' ? error.next : undefined;
  return new SheafError(code, message, { cause: told, next: next ?? 'Correct the SQL.', details: { sql: text } });
}

const filesText = (references: readonly TableReference[]): string =>
  [
    ...new Set(references.map(({ name, alias }) => (spliced.test(name) && alias !== name ? alias : inWords(name)))),
  ].join(', ') || 'the query';

/** Of a dataset that stands in a template: nobody wrote this name. */
export const spliced = /^dataset_*\d+$/;
const inWords = (name: string): string =>
  spliced.test(name) ? `dataset ${name.replace(/\D+/, '')} of the template` : name;

/** A text constant after FROM that is neither a file of a known kind nor a table. */
function unknownFile(error: SheafError): SheafError | undefined {
  const [, path] = /^Catalog Error: Table with name (.*[/\\.].*) does not exist!/.exec(error.message) ?? [];
  if (path === undefined) return undefined;
  return new SheafError('TABLE_UNKNOWN', `'${path}' does not end as a file of data does`, {
    cause: error,
    next: `Say how to read it: read_csv('${path}'), read_parquet('${path}'); of a directory, its files: '${path.replace(/\/$/, '')}/*.parquet'.`,
  });
}

/** What stands before a column's point is no table of FROM. */
function unknownAlias(error: SheafError, { tree, references }: Question): SheafError | undefined {
  const [, alias] = /^Binder Error: Referenced table "(.+?)" not found!/.exec(error.message) ?? [];
  if (alias === undefined) return undefined;
  const named = find(tree, (node) => 'sample' in node && typeof node.alias === 'string' && node.alias !== '');
  const known = [...new Set([...references, ...named].map((each) => String(each.alias)))];
  const tables = known.length === 0 ? '' : `The tables of FROM are: ${known.map(inWords).join(', ')}.`;
  return new SheafError('COLUMN_UNKNOWN', `There is no table "${alias}" in FROM`, {
    cause: error,
    next: [didYouMean(known, alias), tables].filter(Boolean).join(' ') || 'Name it in FROM, or leave it out.',
  });
}

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

/**
 * What an ambiguous column may be, as `table.column`: DuckDB names two, tables that are named in the text may have
 * more.
 */
function candidatesOf({ message }: SheafError, { references, schemas }: Question): string[] {
  const [, name = '', ...two] =
    /Ambiguous reference to column name "(.+?)" \(use: "(.+?)" or "(.+?)"\)/.exec(message) ?? [];
  const has = (at: number): boolean => columnNames(schemas[at] ?? []).has(name.toLowerCase());
  const named = references.flatMap(({ alias }, at) => (has(at) ? [`${alias}.${name}`] : []));
  return two.every((candidate) => named.includes(candidate)) ? [...new Set(named)] : two;
}

const ambiguous = (candidates: readonly string[], cause: SheafError, text: string): SheafError =>
  new SheafError('SQL_INVALID', inTemplate(cause.message), {
    next: candidates.some((each) => spliced.test(each.split('.')[0] ?? ''))
      ? `Give the datasets names, \${orders} o join \${cities} c, and say which one: o.id.`
      : `Say which one: ${candidates.join(' or ')}.`,
    details: { sql: text, candidates: candidates.join(', ') },
    cause,
  });

/** Without a hint at names that nobody wrote. */
const inTemplate = (message: string): string => message.replace(/ \(use: "dataset_*\d.*?\)/, '');
