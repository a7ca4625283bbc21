import type { Schema } from '../../../shared/schema.ts';
import {
  type AstNode,
  find,
  isNode,
  nodesOf,
  onlyStatement,
  rewrite,
  tableNamed,
  textsOf,
} from '../../../shared/sql/ast.ts';
import { emptyRelation } from '../bind/describe.ts';
import type { Dialect } from '../dialect.ts';
import type { TableReference } from './table-references.ts';

/** The tree with each table reference replaced by a table of the given name, or what else stands in a FROM clause, under the alias that the query knows it by. */
export function withRelations(
  tree: AstNode,
  references: readonly TableReference[],
  tableOf: (at: number) => string | AstNode | undefined,
): AstNode {
  const places = new Map(references.map(({ node }, i) => [node, i]));
  return rewrite(tree, (node) => {
    const at = places.get(node);
    const reference = at === undefined ? undefined : references[at];
    if (at === undefined || reference === undefined) return undefined;
    const table = tableOf(at);
    if (table === undefined) return undefined;
    const { sample = null, column_name_alias = [] } = node;
    return { ...(isNode(table) ? table : tableNamed(table)), alias: reference.alias, sample, column_name_alias };
  });
}

/** The tree with each table reference replaced by a subquery that has its columns and no rows. */
export const withEmptyRelations = (
  tree: AstNode,
  references: readonly TableReference[],
  schemas: readonly Schema[],
  dialect: Dialect,
): AstNode =>
  withRelations(tree, references, (at) => {
    const from = onlyStatement(dialect.parse(`FROM (${emptyRelation(schemas[at] ?? [])}) AS t`))?.from_table;
    return isNode(from) ? from : undefined;
  });

/**
 * The tree without the stars that a subquery below EXISTS selects, where its rows are there whatever they are: `SELECT *` there means
 * no columns. What is named stays: DuckDB looks it up where the subquery has a LIMIT, aggregates or windows.
 */
export function withoutExistsLists(tree: AstNode): AstNode {
  return rewrite(tree, (node) => {
    const { subquery } = node;
    const select = isNode(subquery) && isNode(subquery.node) ? subquery.node : undefined;
    if (select === undefined || !/EXISTS/.test(String(node.subquery_type)) || !isPlainSelect(select)) return undefined;
    const list = nodesOf(select.select_list).filter((item) => item.class !== 'STAR' || item.columns === true);
    return { ...node, subquery: withoutExistsLists({ node: { ...select, select_list: list } }) };
  });
}

const isPlainSelect = ({
  type,
  group_expressions,
  group_sets,
  having,
  qualify,
  modifiers,
  aggregate_handling,
}: AstNode): boolean =>
  type === 'SELECT_NODE' &&
  nodesOf(group_expressions).length === 0 &&
  !(Array.isArray(group_sets) && group_sets.length > 0) &&
  !isNode(having) &&
  !isNode(qualify) &&
  !nodesOf(modifiers).some((modifier) => modifier.type === 'DISTINCT_MODIFIER') &&
  aggregate_handling === 'STANDARD_HANDLING';

/** A prefix for relation names that nothing in the query is named by. */
export function relationPrefix(tree: AstNode): string {
  const text = JSON.stringify(tree, (_, value: unknown) => (typeof value === 'bigint' ? '' : value)).toLowerCase();
  let prefix = 'file';
  while (new RegExp(`\\b${prefix}\\d`).test(text)) prefix += '_';
  return prefix;
}

/**
 * Columns of a table that a query may use: those whose names occur anywhere in it; all of them where it may mean columns
 * without naming them.
 */
export function usedColumns(tree: AstNode, { alias }: Pick<TableReference, 'alias'>, schema: Schema): Schema {
  const { words, hasStar, single } = textsOfTree(tree);
  const isColumn = (name: string): boolean => schema.some((column) => column.name.toLowerCase() === name);
  // `SELECT t FROM 'file' t`: the whole row as a struct.
  const row = alias.toLowerCase();
  if (hasStar || (single.has(row) && !isColumn(row))) return schema;
  const used = schema.filter(({ name }) => words.has(name.toLowerCase()));
  return used.length === 0 ? schema.slice(0, 1) : used;
}

/** All in lower case. */
interface TreeTexts {
  readonly words: ReadonlySet<string>;
  readonly hasStar: boolean;
  /** References of one part: `t`, not `t.a`. */
  readonly single: ReadonlySet<string>;
}

/** Trees do not change: a text that mentions hundreds of tables is walked once, not once for each of them. */
const known = new WeakMap<AstNode, TreeTexts>();

function textsOfTree(tree: AstNode): TreeTexts {
  const before = known.get(tree);
  if (before !== undefined) return before;
  const words = new Set<string>();
  collectTexts(tree, words);
  const references = find(tree, ({ class: kind }) => kind === 'COLUMN_REF').map((node) => textsOf(node.column_names));
  const single = new Set(references.flatMap(([name = '', ...more]) => (more.length > 0 ? [] : [name.toLowerCase()])));
  const texts = { words, hasStar: find(tree, isStar).length > 0, single };
  known.set(tree, texts);
  return texts;
}

const isStar = ({ class: kind, type, ref_type }: AstNode): boolean =>
  kind === 'STAR' ||
  kind === 'POSITIONAL_REFERENCE' ||
  type === 'PIVOT' ||
  type === 'SHOW_REF' ||
  ref_type === 'NATURAL';

function collectTexts(value: unknown, words: Set<string>): void {
  if (typeof value === 'string') words.add(value.toLowerCase());
  else if (typeof value === 'object' && value !== null)
    for (const child of Object.values(value)) collectTexts(child, words);
}
