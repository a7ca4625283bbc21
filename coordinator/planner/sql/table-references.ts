import { SheafError } from '../../../shared/errors.ts';
import type { PlanNode } from '../../../shared/plan/node.ts';
import type { FileFormat, ScanNode } from '../../../shared/plan/nodes/scan.ts';
import type { NamedPlan } from '../../../shared/plan/nodes/sql.ts';
import { type AstNode, type AstValue, find, isNode, nodesOf } from '../../../shared/sql/ast.ts';
import { argumentName, readerOptions } from './reader-options.ts';

/** A table reference of SQL text that means another plan: a scan of files, or a relation that came with the text. */
export interface TableReference {
  /** The node in the tree that is replaced by the plan's relation. */
  readonly node: AstNode;
  readonly plan: PlanNode;
  /** As the text names it: a path, or the relation's name. */
  readonly name: string;
  /** By which the query may qualify columns where it gives no alias. */
  readonly alias: string;
}

/** Readers of a path or a list of paths, by format. */
const readers: Readonly<Record<string, FileFormat>> = {
  read_parquet: 'parquet',
  parquet_scan: 'parquet',
  read_csv: 'csv',
  read_csv_auto: 'csv',
  read_ndjson: 'ndjson',
  read_ndjson_auto: 'ndjson',
};

/** `.json` may hold one array, which has no lines to cut at: DuckDB reads it itself, in the one task of the query. */
const endings: Readonly<Record<string, FileFormat>> = {
  parquet: 'parquet',
  parq: 'parquet',
  pq: 'parquet',
  csv: 'csv',
  tsv: 'csv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  arrow: 'arrow',
  arrows: 'arrow',
  feather: 'arrow',
};

/** What SQL text may name besides files, by name in lower case. */
export type Relations = ReadonlyMap<string, NamedPlan>;

export const relationsByName = (relations: readonly NamedPlan[] = []): Relations =>
  new Map(relations.map((relation) => [relation.name.toLowerCase(), relation]));

/** All references to files and relations, in the order of the text. */
export function tableReferences(tree: AstNode, relations: Relations): TableReference[] {
  return [...foreignTables(tree, new Set())].flatMap(
    (node) => (node.type === 'BASE_TABLE' ? ofTable(node, relations) : ofReader(node)) ?? [],
  );
}

/** Table names that are neither files nor relations nor defined in the text: the text cannot mean anything by them. */
export function unknownTables(tree: AstNode, relations: Relations): string[] {
  return [...foreignTables(tree, new Set())]
    .filter(({ type, schema_name, catalog_name }) => type === 'BASE_TABLE' && !schema_name && !catalog_name)
    .map(({ table_name }) => String(table_name))
    .filter((name) => !relations.has(name.toLowerCase()) && !/[./]/.test(name));
}

/** Tables and table functions, but for those that mean a query of a WITH clause around them. */
function* foreignTables(value: AstValue | undefined, own: ReadonlySet<string>): Generator<AstNode> {
  if (Array.isArray(value)) for (const item of value as readonly AstValue[]) yield* foreignTables(item, own);
  if (!isNode(value)) return;
  const isOwn = value.type === 'BASE_TABLE' && own.has(String(value.table_name).toLowerCase());
  if ((value.type === 'BASE_TABLE' && !isOwn) || value.type === 'TABLE_FUNCTION') yield value;
  const { cte_map: clause, ...rest } = value;
  const known = new Set(own);
  for (const { key, value: entry } of isNode(clause) ? nodesOf(clause.map) : []) {
    const name = String(key).toLowerCase();
    yield* foreignTables(entry, isRecursive(entry) ? new Set([...known, name]) : known);
    known.add(name);
  }
  for (const child of Object.values(rest)) yield* foreignTables(child, known);
}

const isRecursive = (entry: AstValue | undefined): boolean =>
  isNode(entry) && isNode(entry.query) && isNode(entry.query.node) && entry.query.node.type === 'RECURSIVE_CTE_NODE';

const scanOf = (format: FileFormat, paths: readonly string[], options: ScanNode['options'] = {}): ScanNode => ({
  kind: 'scan',
  format,
  paths,
  options,
});

function ofTable(node: AstNode, relations: Relations): TableReference | undefined {
  if (node.schema_name || node.catalog_name || node.at_clause != null) return refuseUnquoted(node);
  const name = String(node.table_name);
  const relation = relations.get(name.toLowerCase());
  if (relation !== undefined) return { node, plan: relation.plan, name, alias: String(node.alias) || name };
  const format = endings[endingOf(name)];
  if (format === undefined) return undefined;
  return { node, plan: scanOf(format, [name]), name, alias: String(node.alias) || baseName(name) };
}

/** `flights.parquet` parses as a table of a schema: only in quotes does the client make it a path of its machine. */
function refuseUnquoted({ catalog_name, schema_name, table_name }: AstNode): undefined {
  const name = [catalog_name, schema_name, table_name].filter(Boolean).join('.');
  if (!name.includes('.') || endings[endingOf(name)] === undefined) return undefined;
  throw new SheafError('SQL_INVALID', `${name} without quotes is a table "${String(table_name)}" of a schema`, {
    next: `If the file is meant, write it in quotes: '${name}'.`,
  });
}

const endingOf = (path: string): string => /\.(\w+?)(\.gz|\.zst)?$/i.exec(path)?.[1]?.toLowerCase() ?? '';

/** As DuckDB names a file's table: the file's name without its last ending. */
const baseName = (path: string): string => path.replace(/^.*\//, '').replace(/\.[^.]*$/, '');

function ofReader(node: AstNode): TableReference | undefined {
  const call = node.function;
  if (!isNode(call) || node.with_ordinality === 'WITH_ORDINALITY') return undefined;
  const name = String(call.function_name).toLowerCase();
  const [argument, ...options] = nodesOf(call.children);
  const paths = argument === undefined ? undefined : pathsOf(argument);
  const format = readers[name];
  const understood = format === undefined ? undefined : readerOptions(format, options);
  if (format === undefined || paths === undefined || understood === undefined) return undefined;
  const plan = scanOf(format, paths, understood);
  return { node, plan, name: paths.join(', '), alias: String(node.alias) || name };
}

/** Why DuckDB reads files itself, in the one task of the query, for people; nothing where it reads none. */
export function whyReadWhole(tree: AstNode): string | undefined {
  if (find(tree, ({ type, query }) => type === 'SHOW_REF' && isNode(query)).length > 0)
    return 'DuckDB itself answers DESCRIBE and SUMMARIZE';
  return whyReader(tree) ?? whyFile(tree);
}

/** A file after FROM that no reader here cuts. */
function whyFile(tree: AstNode): string | undefined {
  const names = find(tree, ({ type }) => type === 'BASE_TABLE').map(({ table_name }) => String(table_name));
  const file = names.find((name) => /\.\w+$/.test(name) && endings[endingOf(name)] === undefined);
  if (file === undefined) return undefined;
  const hint = /^json$/.test(endingOf(file)) ? '; as NDJSON, a row in each line (.ndjson), it would be scanned' : '';
  return `${baseName(file)}.${endingOf(file)} is read by DuckDB itself, in one piece${hint}`;
}

function whyReader(tree: AstNode): string | undefined {
  const [call] = find(tree, ({ type }) => type === 'TABLE_FUNCTION').flatMap(({ function: called }) =>
    isNode(called) && /^(read_|parquet_scan$)/i.test(String(called.function_name)) ? [called] : [],
  );
  if (call === undefined) return undefined;
  const name = String(call.function_name).toLowerCase();
  const format = readers[name];
  const options = nodesOf(call.children).slice(1);
  const strange = options.filter((option) => format === undefined || readerOptions(format, [option]) === undefined);
  const names = (strange.length === 0 ? options : strange).map(argumentName).join(', ');
  return names === '' ? `${name} is read in one piece` : `${name} with ${names} is read in one piece`;
}

/** A text constant, or a list of such. */
function pathsOf(argument: AstNode): string[] | undefined {
  if (argument.class === 'FUNCTION' && argument.function_name === 'list_value') {
    const paths = nodesOf(argument.children).map(pathsOf);
    return paths.length > 0 && paths.every((path) => path !== undefined) ? paths.flat() : undefined;
  }
  const { value } = argument;
  return argument.class === 'CONSTANT' && isNode(value) && typeof value.value === 'string' ? [value.value] : undefined;
}
