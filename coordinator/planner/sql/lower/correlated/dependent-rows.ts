import {
  type AstNode,
  type AstValue,
  isNode,
  nodesOf,
  onlyStatement,
  rewrite,
  textsOf,
} from '../../../../../shared/sql/ast.ts';
import type { Dialect } from '../../../dialect.ts';
import { columnNamed } from '../../../expressions/tree.ts';
import { positionOf } from '../../select/groups.ts';
import { allOf } from '../conjuncts.ts';
import { NotDistributed } from '../names/names.ts';
import { derived, type InDomain } from './in-domain.ts';

/** A SELECT whose windows look at rows that are equal in the keys only; those of subqueries in it are their own. */
export function partitioned(select: AstNode, keys: readonly AstNode[]): AstNode {
  const add = <T extends AstValue>(value: T): T =>
    rewrite(value, (node) => {
      if (node.class === 'SUBQUERY') return node;
      if (node.class !== 'WINDOW') return undefined;
      return { ...node, partitions: [...keys, ...nodesOf(node.partitions)] };
    });
  const { select_list: list = [], qualify = null } = select;
  return { ...select, select_list: add(list), qualify: add(qualify) };
}

/** Which rows of those that are equal in the keys are kept. */
export interface Cut {
  readonly keys: readonly AstNode[];
  /** ORDER_MODIFIER items over the columns of FROM. */
  readonly orders: readonly AstNode[];
  readonly limit: number | null;
  readonly offset: number;
}

/** ORDER BY and LIMIT within the rows that are equal in the keys: by their number in that order. */
export function firstRows(select: AstNode, { keys, orders, limit, offset }: Cut, dialect: Dialect): AstNode {
  if (isNode(select.qualify)) throw new NotDistributed('a correlated subquery cuts the rows of a QUALIFY');
  const items = nodesOf(onlyStatement(dialect.parse('SELECT row_number() OVER (ORDER BY x)'))?.select_list);
  const number = { ...items[0], partitions: keys, orders };
  const bound = (type: string, rows: number): AstNode => {
    const [constant = {}] = nodesOf(onlyStatement(dialect.parse(`SELECT ${rows}`))?.select_list);
    return { class: 'COMPARISON', type, alias: '', left: number, right: constant };
  };
  const after = offset > 0 ? [bound('COMPARE_GREATERTHAN', offset)] : [];
  const until = limit === null ? [] : [bound('COMPARE_LESSTHANOREQUALTO', offset + limit)];
  return { ...select, qualify: allOf([...after, ...until]) };
}

/**
 * The same of a SELECT that first makes its rows distinct, or chooses or orders them by windows: it stands in FROM, and has what it
 * orders by as columns of its own.
 *
 * @param select its last columns are the domain's keys
 */
export function firstRowsOf(
  select: AstNode,
  cut: Omit<Cut, 'keys'>,
  { names, domain, parse, dialect }: InDomain,
): AstNode {
  const orders = cut.orders.map((order) => ({ order, name: names.madeUp('order') }));
  const list = nodesOf(select.select_list);
  const items = list.length - domain.keys.length;
  const hidden = orders.map(({ order, name }) => ({
    ...(isNode(order.expression) ? order.expression : {}),
    alias: name,
  }));
  const inner = { ...select, select_list: [...list.slice(0, items), ...hidden, ...list.slice(items)] };
  const all = parse('SELECT * FROM t');
  const [star = {}] = nodesOf(all.select_list);
  const outer = {
    ...all,
    select_list: [{ ...star, exclude_list: orders.map(({ name }) => name) }],
    from_table: derived(inner, ''),
  };
  const plain = orders.map(({ order, name }) => ({ ...order, expression: columnNamed(name) }));
  const keys = domain.keys.map((name) => columnNamed(name));
  return firstRows(outer, { ...cut, orders: plain, keys }, dialect);
}

/** ORDER BY without aliases and positions, which mean nothing in a window. */
export function plainOrders(orders: readonly AstNode[], select: AstNode): AstNode[] {
  const list = nodesOf(select.select_list);
  return orders.flatMap((order): AstNode[] => {
    const { expression } = order;
    if (isNode(expression) && expression.class === 'STAR') return byAll(order, list);
    if (!isNode(expression)) throw new NotDistributed('its order is not understood');
    const position = positionOf(expression);
    const [name, ...more] = textsOf(expression.column_names);
    const isNamed = ({ alias }: AstNode): boolean => String(alias || '\n').toLowerCase() === name?.toLowerCase();
    const item = position === undefined ? (more.length > 0 ? undefined : list.findLast(isNamed)) : list[position - 1];
    if (position !== undefined && (item === undefined || list.some(({ class: kind }) => kind === 'STAR')))
      throw new NotDistributed('it orders by a position that is not known');
    return [item === undefined ? order : { ...order, expression: { ...item, alias: '' } }];
  });
}

/** ORDER BY ALL */
function byAll(order: AstNode, list: readonly AstNode[]): AstNode[] {
  const isPlain = isNode(order.expression) && order.expression.expr == null && !String(order.expression.exclude_list);
  if (!isPlain || list.some(({ class: kind }) => kind === 'STAR')) throw new NotDistributed('it orders by all columns');
  return list.map((item) => ({ ...order, expression: { ...item, alias: '' } }));
}
