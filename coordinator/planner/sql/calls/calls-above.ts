import { type AstNode, find, isNode, meaning, nodesOf, rewrite, textsOf } from '../../../../shared/sql/ast.ts';
import { columnNamed } from '../../expressions/tree.ts';
import { hasCall, type SqlFunctions } from '../../functions/calls.ts';
import { itemName } from '../lower/names/item-name.ts';
import type { Lowering } from '../lower/types.ts';
import { positionOf } from '../select/groups.ts';

/** A SELECT without calls, and what is to be selected of its columns: the calls. */
export interface Above {
  readonly inner: AstNode;
  readonly list: readonly AstNode[];
  /** DISTINCT, ORDER BY and LIMIT, where they need the calls' values. */
  readonly modifiers: readonly AstNode[];
}

/**
 * A SELECT whose calls all stand in its list, over anything: what they need becomes columns of the SELECT, and they are made of
 * its rows. Nothing where they stand elsewhere, too.
 */
export function callsAbove(select: AstNode, functions: SqlFunctions, lowering: Lowering): Above | undefined {
  const { select_list: list, modifiers: asked, ...clauses } = select;
  if (select.type !== 'SELECT_NODE' || hasCall(clauses, functions)) return undefined;
  const items = nodesOf(list);
  if (items.some((item) => item.class === 'STAR' || !isAbove(item, functions, lowering))) return undefined;
  const columns: AstNode[] = [];
  const columnFor = (tree: AstNode): AstNode => {
    const name = lowering.names.madeUp('part');
    columns.push({ ...tree, alias: name });
    return columnNamed(name);
  };
  const outer = items.map((item) => ({
    ...(hasCall(item, functions) ? partsOf(item, functions, columnFor) : columnFor(item)),
    alias: String(item.alias || itemName(item, lowering.context.dialect)),
  }));
  const modifiers = nodesOf(asked);
  const isInside = modifiers.every((modifier) => isOfRows(modifier, items, functions));
  const moved = isInside ? [] : modifiers.map((modifier) => ofItems(modifier, items, outer));
  if (moved.some((modifier) => modifier === undefined)) return undefined;
  // An item that was made of others is no longer where its position says.
  const kept = isInside ? modifiers.map((modifier) => inPlace(modifier, items)) : [];
  return {
    inner: { ...select, select_list: columns, modifiers: kept },
    list: outer,
    modifiers: moved.filter((modifier) => modifier !== undefined),
  };
}

/** A call is made of what the SELECT yields, not within what it groups, orders or looks up. */
function isAbove(item: AstNode, functions: SqlFunctions, { context }: Lowering): boolean {
  const closed = ({ class: kind, function_name }: AstNode): boolean =>
    kind === 'SUBQUERY' ||
    kind === 'WINDOW' ||
    kind === 'LAMBDA' ||
    (kind === 'FUNCTION' && isRowMaker(function_name)) ||
    (kind === 'FUNCTION' && context.dialect.functions.isAggregate(String(function_name).toLowerCase()));
  return find(item, (node) => closed(node) && hasCall(node, functions)).length === 0;
}

const isRowMaker = (name: unknown): boolean => name === 'unnest' || name === 'unlist';

/** The expression with all that calls nothing as columns. */
const partsOf = (item: AstNode, functions: SqlFunctions, columnFor: (tree: AstNode) => AstNode): AstNode =>
  rewrite(item, (node) => {
    if (typeof node.class !== 'string' || hasCall(node, functions)) return undefined;
    return node.class === 'CONSTANT' ? node : columnFor({ ...node });
  });

/** Whether it can be asked before the calls are made. */
function isOfRows(modifier: AstNode, items: readonly AstNode[], functions: SqlFunctions): boolean {
  if (modifier.type === 'DISTINCT_MODIFIER') return nodesOf(modifier.distinct_on_targets).length > 0;
  return nodesOf(modifier.orders).every(({ expression }) => {
    if (!isNode(expression) || expression.class === 'STAR' || hasCall(expression, functions)) return false;
    const item = itemOf(expression, items);
    return item === undefined || !hasCall(item, functions);
  });
}

function itemOf(expression: AstNode, items: readonly AstNode[]): AstNode | undefined {
  const position = positionOf(expression);
  if (position !== undefined) return items[position - 1];
  const [name, ...more] = textsOf(expression.column_names);
  const isAlias = ({ alias }: AstNode): boolean => String(alias || '\n').toLowerCase() === name?.toLowerCase();
  const named = more.length > 0 ? undefined : items.find(isAlias);
  return named ?? items.find((item) => meaning(item) === meaning(expression));
}

const inPlace = (modifier: AstNode, items: readonly AstNode[]): AstNode => ({
  ...modifier,
  ...(modifier.type !== 'ORDER_MODIFIER'
    ? {}
    : {
        orders: nodesOf(modifier.orders).map((order) => {
          const item = isNode(order.expression) ? itemOf(order.expression, items) : undefined;
          return item === undefined ? order : { ...order, expression: { ...item, alias: '' } };
        }),
      }),
});

/** The same over the columns that the calls have become; nothing where it orders by something else. */
function ofItems(modifier: AstNode, items: readonly AstNode[], outer: readonly AstNode[]): AstNode | undefined {
  if (modifier.type !== 'ORDER_MODIFIER') return modifier;
  const orders = nodesOf(modifier.orders).map((order) => {
    const { expression } = order;
    if (!isNode(expression)) return undefined;
    if (expression.class === 'STAR') return order;
    const item = itemOf(expression, items);
    const at = item === undefined ? -1 : items.indexOf(item);
    return at < 0 ? undefined : { ...order, expression: columnNamed(String(outer[at]?.alias)) };
  });
  const known = orders.filter((order) => order !== undefined);
  return known.length === orders.length ? { ...modifier, orders: known } : undefined;
}
