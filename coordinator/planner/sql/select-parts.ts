import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, find, isNode, nodesOf, rewrite, textsOf } from '../../../shared/sql/ast.ts';
import { columnNamed } from '../expressions.ts';

/** What a plain SELECT over one relation is made of. Expressions name columns of the relation without its alias. */
export interface SelectParts {
  readonly items: readonly SelectItem[];
  readonly where?: AstNode;
  readonly groups: readonly AstNode[];
  readonly groupsAll: boolean;
  readonly having?: AstNode;
  readonly distinct: boolean;
  /** ORDER_MODIFIER items. */
  readonly orders: readonly AstNode[];
  readonly limit: number | null;
  readonly offset: number;
}

export interface SelectItem {
  readonly name: string;
  readonly tree: AstNode;
  /** The alias given to it in the text. */
  readonly alias: string;
}

/** The parts, or for people why the SELECT is not one that is taken apart here. */
export function selectParts(select: AstNode, alias: string, schema: Schema, result: Schema): SelectParts | string {
  const refusal = refusalOf(select);
  if (refusal !== undefined) return refusal;
  const own = rewrite(select, (node) => unqualified(node, alias, schema));
  if (find(own, (node) => isForeign(node, alias, schema)).length > 0) return 'it names its table in a way of its own';
  const items = nodesOf(own.select_list).flatMap((item) => expandStar(item, schema));
  if (items.some((item) => item.class === 'STAR') || items.length !== result.length)
    return 'its columns are chosen by pattern';
  const modifiers = modifiersOf(nodesOf(own.modifiers));
  if (typeof modifiers === 'string') return modifiers;
  return {
    items: items.map((tree, i) => ({
      tree: { ...tree, alias: '' },
      alias: String(tree.alias),
      name: result[i]?.name ?? '',
    })),
    ...(isNode(own.where_clause) ? { where: own.where_clause } : {}),
    groups: nodesOf(own.group_expressions),
    groupsAll: own.aggregate_handling === 'FORCE_AGGREGATES',
    ...(isNode(own.having) ? { having: own.having } : {}),
    ...modifiers,
  };
}

function refusalOf(select: AstNode): string | undefined {
  const has = (test: (node: AstNode) => boolean): boolean => find(select, test).length > 0;
  const ctes = isNode(select.cte_map) ? nodesOf(select.cte_map.map) : [];
  if (select.type !== 'SELECT_NODE') return 'it combines several SELECTs';
  if (ctes.length > 0) return 'it has a WITH clause';
  if (select.qualify != null) return 'it has a QUALIFY clause';
  if (select.sample != null || (isNode(select.from_table) && select.from_table.sample != null))
    return 'it takes a sample';
  if (Array.isArray(select.group_sets) && select.group_sets.length > 1) return 'it groups by several sets of keys';
  if (has(({ class: kind }) => kind === 'WINDOW')) return 'it has a window function';
  if (has(({ class: kind }) => kind === 'SUBQUERY')) return 'it has a subquery';
  if (has(({ class: kind }) => kind === 'POSITIONAL_REFERENCE')) return 'it names columns by position';
  if (has(({ class: kind }) => kind === 'COLLATE')) return 'it has a collation';
  if (has(({ function_name }) => rowMakers.has(String(function_name)))) return 'it makes rows of lists';
  return undefined;
}

const rowMakers: ReadonlySet<string> = new Set(['unnest', 'unlist', 'generate_subscripts']);

/** `alias.column` without its alias. */
function unqualified(node: AstNode, alias: string, schema: Schema): AstNode | undefined {
  const [first = '', second = '', ...rest] = textsOf(node.column_names);
  const isQualified = first.toLowerCase() === alias.toLowerCase() && !has(schema, first) && has(schema, second);
  if (node.class !== 'COLUMN_REF' || !isQualified) return undefined;
  return { ...node, column_names: [second, ...rest] };
}

/** The table's own name, alone or before something that is no column of it. */
const isForeign = (node: AstNode, alias: string, schema: Schema): boolean => {
  const [first = ''] = textsOf(node.column_names);
  return node.class === 'COLUMN_REF' && first.toLowerCase() === alias.toLowerCase() && !has(schema, first);
};

const has = (schema: Schema, wanted: string): boolean =>
  schema.some(({ name }) => name.toLowerCase() === wanted.toLowerCase());

/** `*`, also with EXCLUDE and REPLACE, as the columns that it means. Other stars stay. */
function expandStar(item: AstNode, schema: Schema): AstNode[] {
  const isOdd = item.columns === true || item.expr != null || nodesOf(item.rename_list).length > 0;
  const isQualified = nodesOf(item.qualified_exclude_list).length > 0;
  if (item.class !== 'STAR' || isOdd || isQualified || String(item.relation_name) !== '') return [item];
  const excluded = new Set(textsOf(item.exclude_list).map((name) => name.toLowerCase()));
  const replaced = new Map(nodesOf(item.replace_list).map(({ key, value }) => [String(key).toLowerCase(), value]));
  return schema
    .filter(({ name }) => !excluded.has(name.toLowerCase()))
    .map(({ name }) => {
      const value = replaced.get(name.toLowerCase());
      return isNode(value) ? value : columnNamed(name);
    });
}

type Modifiers = Pick<SelectParts, 'distinct' | 'orders' | 'limit' | 'offset'>;

function modifiersOf(modifiers: readonly AstNode[]): Modifiers | string {
  let parts: Modifiers = { distinct: false, orders: [], limit: null, offset: 0 };
  for (const modifier of modifiers) {
    if (modifier.type === 'DISTINCT_MODIFIER' && nodesOf(modifier.distinct_on_targets).length === 0) {
      parts = { ...parts, distinct: true };
    } else if (modifier.type === 'ORDER_MODIFIER') {
      parts = { ...parts, orders: nodesOf(modifier.orders) };
    } else if (modifier.type === 'LIMIT_MODIFIER') {
      const [limit, offset] = [wholeNumber(modifier.limit), wholeNumber(modifier.offset)];
      if (limit === undefined || offset === undefined) return 'its limit is not a plain number';
      parts = { ...parts, limit, offset: offset ?? 0 };
    } else {
      return modifier.type === 'DISTINCT_MODIFIER' ? 'it has DISTINCT ON' : 'its limit is a share of the rows';
    }
  }
  return parts;
}

/** The number of a constant; null where there is none. */
function wholeNumber(node: AstNode[string] | undefined): number | null | undefined {
  if (!isNode(node)) return null;
  const { value } = node;
  if (node.class !== 'CONSTANT' || !isNode(value) || value.is_null === true) return undefined;
  const number = Number(value.value);
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
