import type { FileFormat, ScanNode } from '../../../shared/plan/nodes/scan.ts';
import { type AstNode, find, isNode, nodesOf, walk } from '../../../shared/sql/ast.ts';

/** A table reference of SQL text that names files. */
export interface FileReference {
  /** The node in the tree that is replaced by the scan's relation. */
  readonly node: AstNode;
  readonly scan: ScanNode;
  /** By which the query may qualify columns where it gives no alias. */
  readonly alias: string;
}

/** Readers whose only argument is a path or a list of paths, by format. */
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

/** All references to files that become scans, in the order of the text. */
export function fileReferences(tree: AstNode): FileReference[] {
  const own = commonTableNames(tree);
  const references: FileReference[] = [];
  walk(tree, (node) => {
    const reference =
      node.type === 'BASE_TABLE' ? ofTable(node, own) : node.type === 'TABLE_FUNCTION' ? ofReader(node) : undefined;
    if (reference !== undefined) references.push(reference);
    return undefined;
  });
  return references;
}

/** Table names that are neither files nor defined in the text: the text cannot mean anything by them. */
export function unknownTables(tree: AstNode): string[] {
  const own = commonTableNames(tree);
  const tables = find(tree, ({ type }) => type === 'BASE_TABLE').filter(
    ({ schema_name, catalog_name }) => !schema_name && !catalog_name,
  );
  return tables
    .map(({ table_name }) => String(table_name))
    .filter((name) => !own.has(name.toLowerCase()) && !/[./]/.test(name));
}

/** Names of WITH clauses at any level: rather one too many, which is then read as DuckDB reads it. */
function commonTableNames(tree: AstNode): ReadonlySet<string> {
  const maps = find(tree, (node) => isNode(node.cte_map)).map((node) => node.cte_map as AstNode);
  return new Set(maps.flatMap(({ map }) => nodesOf(map)).map(({ key }) => String(key).toLowerCase()));
}

const scanOf = (format: FileFormat, paths: readonly string[]): ScanNode => ({
  kind: 'scan',
  format,
  paths,
  options: {},
});

function ofTable(node: AstNode, own: ReadonlySet<string>): FileReference | undefined {
  const name = String(node.table_name);
  const format = endings[endingOf(name)];
  const isPlain = !node.schema_name && !node.catalog_name && node.at_clause == null;
  if (format === undefined || !isPlain || own.has(name.toLowerCase())) return undefined;
  return { node, scan: scanOf(format, [name]), alias: String(node.alias) || baseName(name) };
}

const endingOf = (path: string): string => /\.(\w+?)(\.gz|\.zst)?$/i.exec(path)?.[1]?.toLowerCase() ?? '';

/** As DuckDB names a file's table: the file's name without its last ending. */
const baseName = (path: string): string => path.replace(/^.*\//, '').replace(/\.[^.]*$/, '');

function ofReader(node: AstNode): FileReference | undefined {
  const call = node.function;
  if (!isNode(call) || node.with_ordinality === 'WITH_ORDINALITY') return undefined;
  const name = String(call.function_name).toLowerCase();
  const [argument, ...options] = nodesOf(call.children);
  const paths = argument === undefined || options.length > 0 ? undefined : pathsOf(argument);
  const format = readers[name];
  if (format === undefined || paths === undefined) return undefined;
  return { node, scan: scanOf(format, paths), alias: String(node.alias) || name };
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
