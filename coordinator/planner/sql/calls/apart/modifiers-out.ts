import { type AstNode, isNode, nodesOf, tableNamed } from '../../../../../shared/sql/ast.ts';
import { columnNamed } from '../../../expressions/tree.ts';
import { hasCall } from '../../../functions/calls.ts';
import { refuseCollated } from '../../lower/collated.ts';
import { NotDistributed } from '../../lower/names/names.ts';
import { positionOf } from '../../select/groups.ts';
import { modifiersOf } from '../../select/parts.ts';
import { type Apart, bareSelect } from './apart.ts';
import { KnownSelect } from './known-select.ts';

/**
 * ORDER BY and a LIMIT that only one task can apply, over the rest of the SELECT as one relation, which has the sort keys as columns.
 *
 * @returns nothing where the limit is a plain number
 * @throws NotDistributed where a sort key cannot be a column
 */
export function modifiersOut(select: AstNode, apart: Apart): AstNode | undefined {
  const { functions, lowering, tables, relate } = apart;
  const modifiers = nodesOf(select.modifiers);
  if (select.type !== 'SELECT_NODE' || typeof modifiersOf(modifiers) !== 'string') return undefined;
  const { modifiers: _, cte_map: __, ...clauses } = select;
  const distinct = modifiers.filter(({ type }) => type === 'DISTINCT_MODIFIER');
  // Of DISTINCT ON, which rows are kept depends on their order.
  const isOn = distinct.some(({ distinct_on_targets: targets }) => nodesOf(targets).length > 0);
  if (!hasCall([clauses, ...modifiers], functions)) return undefined;
  const known = new KnownSelect(select, tables, lowering);
  const items = nodesOf(known.select.select_list).map((item) => ({
    item,
    name: String(item.alias || lowering.names.madeUp('item')),
  }));
  const names = items.map(({ name }) => name.toLowerCase());
  if (new Set(names).size < names.length) throw new NotDistributed('two of its columns have one name');
  const hidden: AstNode[] = [];
  const outer = modifiers
    .filter(({ type }) => type !== 'DISTINCT_MODIFIER')
    .map((modifier) => ({
      ...modifier,
      ...(modifier.type === 'ORDER_MODIFIER' ? { orders: nodesOf(modifier.orders).map(ofColumns) } : {}),
    }));
  if (hidden.length > 0 && ((distinct.length > 0 && !isOn) || select.aggregate_handling === 'FORCE_AGGREGATES'))
    throw new NotDistributed('it orders by what is no item');
  const inner = {
    ...known.select,
    cte_map: { map: [] },
    select_list: [...items.map(({ item, name }) => ({ ...item, alias: name })), ...hidden],
    modifiers: isOn ? nodesOf(known.select.modifiers).filter(({ type }) => kept.has(type)) : distinct,
  };
  if (modifiers.some(({ type }) => type === 'ORDER_MODIFIER')) refuseCollated(inner, tables);
  const from_table = tableNamed(relate(inner, tables));
  return {
    ...bareSelect(lowering),
    from_table,
    select_list: items.map(({ name }) => columnNamed(name)),
    modifiers: outer,
  };

  function ofColumns(order: AstNode): AstNode {
    const { expression } = order;
    if (!isNode(expression) || expression.class === 'STAR' || positionOf(expression) !== undefined) return order;
    if (known.isAliased(expression)) return order;
    const said = known.canonical(expression);
    const own = items.find(({ item }) => known.canonical(item) === said)?.name;
    const name = own ?? lowering.names.madeUp('sort_key');
    if (own === undefined) hidden.push({ ...expression, alias: name });
    return { ...order, expression: columnNamed(name) };
  }
}

const kept: ReadonlySet<unknown> = new Set(['DISTINCT_MODIFIER', 'ORDER_MODIFIER']);
