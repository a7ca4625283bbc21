import { type AstNode, find, isNode, rewrite, textsOf } from '../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import type { Dialect } from '../../dialect.ts';
import { parseExpression } from '../../expressions.ts';
import type { SelectParts } from '../select/parts.ts';
import type { Attachment } from './conjuncts.ts';
import { NotDistributed } from './names.ts';

export const isAggregate = (node: AstNode, { functions }: Dialect): boolean =>
  node.class === 'FUNCTION' && functions.isAggregate(String(node.function_name).toLowerCase());

export const hasAggregate = (tree: AstNode | readonly AstNode[], dialect: Dialect): boolean =>
  find(tree, (node) => isAggregate(node, dialect)).length > 0;

/**
 * A scalar subquery's value is a column that has one value in all rows, or in all rows of a group: above an aggregation it
 * is any of them.
 */
export function outsideAggregates(parts: SelectParts, attached: readonly Attachment[], dialect: Dialect): SelectParts {
  const trees = [...parts.items.map(({ tree }) => tree), ...(parts.having ? [parts.having] : [])];
  const isGrouped = parts.groups.length > 0 || parts.groupsAll;
  const isAggregation = isGrouped || parts.having !== undefined || hasAggregate(trees, dialect);
  if (attached.length === 0 || !isAggregation) return parts;
  if (!isGrouped) throw new NotDistributed('it has a subquery beside aggregates of all rows');
  const added = new Set(attached.flatMap(({ adds }) => [...adds]));
  const wrap = (tree: AstNode): AstNode =>
    rewrite(tree, (node) => {
      if (isAggregate(node, dialect)) return node;
      const [name = ''] = textsOf(node.column_names);
      if (node.class !== 'COLUMN_REF' || !added.has(name.toLowerCase())) return undefined;
      return parseExpression(dialect, `any_value(${quotedName(name)})`);
    });
  return {
    ...parts,
    items: parts.items.map((item) => ({ ...item, tree: wrap(item.tree) })),
    ...(parts.having ? { having: wrap(parts.having) } : {}),
    orders: parts.orders.map((order) =>
      isNode(order.expression) ? { ...order, expression: wrap(order.expression) } : order,
    ),
  };
}
