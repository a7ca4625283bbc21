import { type AstNode, isNode, meaning, rewrite, textsOf, walk } from '../../../../../shared/sql/ast.ts';
import type { Dialect } from '../../../dialect.ts';
import { positionOf } from '../../select/groups.ts';
import type { SelectItem } from '../../select/parts.ts';
import { isAggregate } from '../subqueries/outside-aggregates.ts';
import { NotDistributed } from './names.ts';
import { type AliasesFirst, type Lookup, resolveTree } from './resolver.ts';

/**
 * What HAVING takes for a column though an item has its name.
 *
 * @param groups resolved: by an alias, under the item's name in the SELECT
 */
export function inHaving(
  { aggregate_handling: handling }: AstNode,
  groups: readonly AstNode[],
  items: readonly SelectItem[],
  dialect: Dialect,
): AliasesFirst {
  const ofName = (tree: AstNode, seen: readonly AstNode[] = []): AstNode => {
    const [name] = textsOf(tree.column_names);
    const item = items.find(({ alias }) => alias !== '' && alias === name);
    return item === undefined || seen.includes(item.tree) ? tree : ofName(item.tree, [...seen, item.tree]);
  };
  // The key's own number is a place; one that the item is, as in SELECT 1 … GROUP BY 1, is a value.
  const keys = new Set(groups.map((tree) => meaning(ofName(items[(positionOf(tree) ?? 0) - 1]?.tree ?? tree))));
  return {
    isKey(column) {
      return handling !== 'FORCE_AGGREGATES' && keys.has(meaning(column));
    },
    isAggregate: (node) => isAggregate(node, dialect),
  };
}

/**
 * Keys of GROUP BY ALL beside the items: DuckDB takes every column for one that HAVING names outside of aggregates, also by an
 * alias of what is computed of it; it refuses subqueries there that are correlated.
 *
 * @param lookup of HAVING
 */
export function keysInHaving(select: AstNode, lookup: Lookup, dialect: Dialect): AstNode[] {
  if (select.aggregate_handling !== 'FORCE_AGGREGATES' || !isNode(select.having)) return [];
  const bare = rewrite(select.having, (node) => {
    if (isAggregate(node, dialect)) return nothing;
    if (node.class !== 'SUBQUERY') return undefined;
    return isNode(node.child) ? node.child : nothing;
  });
  const columns = new Map<string, AstNode>();
  walk(resolveTree(bare, { ...lookup, inline: true }), (node) => {
    if (textsOf(node.column_names).length > 1) throw new NotDistributed('it groups by all, and HAVING names a field');
    if (node.class === 'COLUMN_REF') columns.set(meaning(node), node);
    return !isAggregate(node, dialect);
  });
  return [...columns.values()];
}

const nothing: AstNode = {
  class: 'CONSTANT',
  type: 'VALUE_CONSTANT',
  alias: '',
  value: { type: { id: 'NULL', type_info: null }, is_null: true },
};
