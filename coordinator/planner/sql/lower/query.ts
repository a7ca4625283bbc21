import type { PlanNode } from '../../../../shared/plan/node.ts';
import type { Schema } from '../../../../shared/schema.ts';
import { type AstNode, isNode, nodesOf, textsOf } from '../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import { columnNamed } from '../../expressions/tree.ts';
import { isTreeRowByRow } from '../row-by-row.ts';
import { lowerSelect } from '../select/lower-select.ts';
import { modifiersOf } from '../select/parts.ts';
import { type CommonTables, withCommonTables } from './common-tables.ts';
import { NotDistributed } from './names/names.ts';
import { resolveTree } from './names/resolver.ts';
import { isSame, type ScopeColumn, scopeOf } from './names/scope.ts';
import { lowerSelectNode, makesRows } from './select.ts';
import type { Columns, Lowering } from './types.ts';

/**
 * A query of any form as plan nodes.
 *
 * @param result names of the columns where they are given: those of the whole question
 * @throws NotDistributed
 */
export function lowerQuery(node: AstNode, tables: CommonTables, lowering: Lowering, result?: Schema): Columns {
  const own = withCommonTables(node, tables);
  if (node.type === 'SELECT_NODE') {
    const rows = withoutModifiers(node, lowering);
    if (rows === undefined) return lowerSelectNode(node, own, lowering, result);
    return modified(node, lowering.part(rows, own), lowering, result);
  }
  if (node.type === 'SET_OPERATION_NODE') return lowerSetOperation(node, own, lowering, result);
  throw new NotDistributed(node.type === 'RECURSIVE_CTE_NODE' ? 'it is recursive' : `it is a ${String(node.type)}`);
}

/** A SELECT that makes rows of rows stands alone below its ORDER BY and LIMIT: these are of its columns, as far as they say so. */
function withoutModifiers(node: AstNode, { context, relations }: Lowering): AstNode | undefined {
  const modifiers = nodesOf(node.modifiers);
  const isDistinctOn = modifiers.some(({ distinct_on_targets: targets }) => nodesOf(targets).length > 0);
  if (modifiers.length === 0 || isDistinctOn || !makesRows(node)) return undefined;
  const bare = { ...node, modifiers: [] };
  if (!isTreeRowByRow({ error: false, statements: [{ node: bare }] }, relations, context.dialect)) return undefined;
  const orders = modifiers.flatMap(({ orders }) => nodesOf(orders)).map(({ expression }) => expression);
  return orders.every((order) => isNode(order) && isOfItems(order, nodesOf(node.select_list))) ? bare : undefined;
}

const isOfItems = (order: AstNode, items: readonly AstNode[]): boolean => {
  const [name = '', ...more] = textsOf(order.column_names);
  if (order.class === 'STAR' || order.class === 'CONSTANT') return true;
  if (order.class !== 'COLUMN_REF' || more.length > 0) return false;
  return items.some(
    (item) => (String(item.alias) || textsOf(item.column_names).at(-1))?.toLowerCase() === name.toLowerCase(),
  );
};

function lowerSetOperation(node: AstNode, tables: CommonTables, lowering: Lowering, result?: Schema): Columns {
  const children = nodesOf(node.children);
  const sides = children.length > 0 ? children : [node.left, node.right].filter(isNode);
  const [first, ...others] = sides.map((side) => lowerQuery(side, tables, lowering));
  if (first === undefined || others.length === 0) throw new NotDistributed('it combines SELECTs in another way');
  const united = others.reduce((left, right) => combine(node, left, right, lowering), first);
  const columns = united.columns.map(({ name, internal }, i) => ({ name: result?.[i]?.name ?? name, internal }));
  return modified(node, { plan: united.plan, columns }, lowering, result);
}

function combine(node: AstNode, left: Columns, right: Columns, lowering: Lowering): Columns {
  const { setop_type: kind, setop_all: isAll } = node;
  if (kind === 'UNION') {
    const inputs =
      left.plan.kind === 'union' && !left.plan.byName ? [...left.plan.inputs, right.plan] : [left.plan, right.plan];
    const union: PlanNode = { kind: 'union', inputs };
    return { ...left, plan: isAll ? union : { kind: 'distinct', input: union } };
  }
  if (kind === 'UNION_BY_NAME') return byName(left, right, isAll === true);
  if (kind !== 'EXCEPT' && kind !== 'INTERSECT') throw new NotDistributed(`it combines SELECTs by ${String(kind)}`);
  const number = lowering.names.fresh('nth');
  const [l, r] = isAll === true ? [numbered(left, number), numbered(right, number)] : [left, right];
  return { ...left, plan: ofSides(l, r, kind, left, lowering) };
}

/** Columns of one name are one column; what only one side has is null on the other. */
function byName(left: Columns, right: Columns, isAll: boolean): Columns {
  const partner = (name: string): ScopeColumn | undefined => left.columns.find((column) => isSame(column.name, name));
  const renamed: PlanNode = {
    kind: 'project',
    input: right.plan,
    columns: right.columns.map(({ name, internal }) => ({
      name: partner(name)?.internal ?? internal,
      sql: quotedName(internal),
    })),
  };
  const union: PlanNode = { kind: 'union', inputs: [left.plan, renamed], byName: true };
  return {
    plan: isAll ? union : { kind: 'distinct', input: union },
    columns: [...left.columns, ...right.columns.filter(({ name }) => partner(name) === undefined)],
  };
}

/** Equal rows get numbers from 1: then they can be told apart. */
function numbered({ plan, columns }: Columns, number: string): Columns {
  const by = columns.map(({ internal }) => quotedName(internal)).join(', ');
  const added = { name: number, sql: `row_number() OVER (PARTITION BY ${by})` };
  return {
    plan: { kind: 'window', input: plan, columns: [added] },
    columns: [...columns, { name: number, internal: number }],
  };
}

/** Rows of both sides meet by all of their columns, each knowing its side: nulls are equal to nulls here. */
function ofSides(
  left: Columns,
  right: Columns,
  kind: 'EXCEPT' | 'INTERSECT',
  result: Columns,
  { names }: Lowering,
): PlanNode {
  const side = names.fresh('is_left');
  const kept = names.fresh('is_kept');
  const marked = ({ plan, columns }: Columns, isLeft: boolean): PlanNode => ({
    kind: 'project',
    input: plan,
    columns: [...columns.map(({ internal }) => reference(internal)), { name: side, sql: String(isLeft) }],
  });
  const test = kind === 'EXCEPT' ? `bool_and(${quotedName(side)})` : `count(DISTINCT ${quotedName(side)}) = 2`;
  const plain = kind === 'EXCEPT' ? test : `bool_or(${quotedName(side)}) AND NOT bool_and(${quotedName(side)})`;
  const grouped: PlanNode = {
    kind: 'aggregate',
    input: { kind: 'union', inputs: [marked(left, true), marked(right, false)] },
    keys: left.columns.map(({ internal }) => reference(internal)),
    aggregates: [{ name: kept, sql: plain }],
  };
  const filtered: PlanNode = { kind: 'filter', input: grouped, predicate: quotedName(kept) };
  return { kind: 'project', input: filtered, columns: result.columns.map(({ internal }) => reference(internal)) };
}

const reference = (name: string): { name: string; sql: string } => ({ name, sql: quotedName(name) });

/** ORDER BY and LIMIT of a combination, and the names that its columns go by above it. */
function modified(node: AstNode, { plan, columns }: Columns, lowering: Lowering, result?: Schema): Columns {
  const modifiers = modifiersOf(nodesOf(node.modifiers));
  if (typeof modifiers === 'string') throw new NotDistributed(modifiers);
  const { distinct, orders: asked, limit, offset } = modifiers;
  const isPlain = !distinct && asked.length === 0 && limit === null && offset === 0;
  if (isPlain && result === undefined) return { plan, columns };
  const scope = scopeOf({ alias: '', columns });
  const subquery = (): AstNode => {
    throw new NotDistributed('it orders by a subquery');
  };
  const orders = modifiers.orders.map((order) =>
    isNode(order.expression) && order.expression.class !== 'STAR'
      ? { ...order, expression: resolveTree(order.expression, { scope, subquery }) }
      : order,
  );
  const items = columns.map(({ name, internal }) => ({
    name: result === undefined ? internal : name,
    tree: columnNamed(internal),
    alias: '',
  }));
  const schema = columns.map(({ internal }) => ({ name: internal, type: '' }));
  const parts = { items, groups: [], groupsAll: false, ...modifiers, orders };
  const lowered = lowerSelect(parts, plan, schema, lowering.context.dialect);
  if (typeof lowered === 'string') throw new NotDistributed(lowered);
  return { plan: lowered, columns };
}
