import { type AstNode, type AstValue, isNode, nodesOf, rewrite, textsOf } from '../../../../../shared/sql/ast.ts';
import type { Dialect } from '../../../dialect.ts';
import { columnNamed } from '../../../expressions/tree.ts';
import { itemName } from './item-name.ts';

/**
 * A query that names columns where it spoke of them by position: `ARRAY(SELECT …)` is read as an aggregate of `#1` of a query in
 * FROM, and a position would mean another column once something else stands in FROM, too. What has no name of its own stays.
 */
export const withNamedPositions = <T extends AstValue>(tree: T, dialect: Dialect): T =>
  rewrite(tree, (node) => (node.type === 'SELECT_NODE' ? named(node, dialect) : undefined));

function named({ from_table: from = null, ...clauses }: AstNode, dialect: Dialect): AstNode {
  const names = isNode(from) ? namesOf(from, dialect) : [];
  const isOnly = (name: string): boolean => names.filter((other) => isSame(other, name)).length === 1;
  const replaced = (node: AstNode): AstNode | undefined => {
    if (node.type === 'SELECT_NODE') return named(node, dialect);
    const name = node.class === 'POSITIONAL_REFERENCE' ? names[Number(node.index) - 1] : undefined;
    return name === undefined || !isOnly(name) ? undefined : { ...columnNamed(name), alias: node.alias ?? '' };
  };
  const own = Object.entries(clauses).map(([key, value]) => [key, rewrite(value, replaced)]);
  return { ...Object.fromEntries(own), from_table: withNamedPositions(from, dialect) };
}

/** What the columns of a query in FROM are called; nothing where stars are among them. */
function namesOf({ type, subquery, column_name_alias: renamed }: AstNode, dialect: Dialect): readonly string[] {
  if (type !== 'SUBQUERY' || !isNode(subquery) || !isNode(subquery.node)) return [];
  const list = nodesOf(firstSelect(subquery.node).select_list);
  if (list.some((item) => item.class === 'STAR')) return [];
  const aliases = textsOf(renamed);
  return list.map((item, i) => aliases[i] ?? String(item.alias || itemName(item, dialect)));
}

/** It names the columns of those that are combined with it. */
function firstSelect(query: AstNode): AstNode {
  const first = nodesOf(query.children)[0] ?? query.left;
  return query.type === 'SET_OPERATION_NODE' && isNode(first) ? firstSelect(first) : query;
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
