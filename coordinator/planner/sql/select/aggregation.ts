import type { PlanNode } from '../../../../shared/plan/node.ts';
import { type AstNode, inPlaceOf, meaning, nodesOf, rewrite } from '../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import { type Groups, groupsOf, layersOf, namesColumn } from './groups.ts';
import { Extracted, type Inner, type Rewritten, reference, type Select } from './select.ts';

/** Whether rows become groups: by a clause, or because an aggregate stands in one of the expressions. */
export function isAggregation(select: Select, trees: readonly AstNode[]): boolean {
  const { groups, groupsAll, having } = select.parts;
  const groupsSome = groupsAll && select.items.some(({ tree }) => namesColumn(tree));
  const isOne = groups.length > 0 || groupsSome || having !== undefined;
  return isOne || trees.some((tree) => select.hasAggregate(tree));
}

/** Items that are keys stand as keys; all others, HAVING and hidden sort keys are computed beside the aggregates. */
export function aggregate(select: Select, input: PlanNode, hidden: readonly Inner[]): PlanNode | string {
  const groups = groupsIn(select);
  if (typeof groups === 'string') return groups;
  const itemOf = (tree: AstNode): Inner | undefined =>
    select.items.find((item) => meaning(item.tree) === meaning(tree));
  const keys = groups.keys.map((tree, i) => ({ name: itemOf(tree)?.name ?? `${select.hidden}key${i}`, tree }));
  const isKey = ({ name }: Inner): boolean => keys.some((key) => key.name === name);
  const condition = havingOf(select);
  const having = condition && { name: `${select.hidden}having`, tree: condition };
  const computed = [...select.items, ...hidden].filter((item) => !isKey(item));
  const grouped = aggregation(select, input, groups, keys, [...computed, ...(having ? [having] : [])]);
  if (typeof grouped === 'string') return grouped;
  const kept: PlanNode = having ? { kind: 'filter', input: grouped, predicate: quotedName(having.name) } : grouped;
  return select.project(kept, [...select.items, ...hidden].map(reference));
}

/** The aggregation below windows: its keys and aggregate calls as columns, and the trees over those. */
export function aggregateBelow(select: Select, input: PlanNode, trees: readonly AstNode[]): Rewritten | string {
  const groups = groupsIn(select);
  if (typeof groups === 'string') return groups;
  const having = havingOf(select);
  const keys = groups.keys.map((tree, i): Inner => ({ name: `${select.hidden}key${i}`, tree }));
  const calls = new Extracted(`${select.hidden}agg`);
  const over = (tree: AstNode): AstNode =>
    rewrite(tree, (node) => {
      const key = keys.find((other) => meaning(other.tree) === meaning(node));
      if (key !== undefined) return inPlaceOf(node, reference(key).tree);
      return isCall(select, node) ? inPlaceOf(node, calls.columnFor(node)) : undefined;
    });
  const rewritten = trees.map(over);
  const condition = having && over(having);
  const grouped = aggregation(select, input, groups, keys, calls.columns);
  if (typeof grouped === 'string') return grouped;
  return { input: condition ? select.filter(grouped, condition) : grouped, rewritten };
}

/** Where sets are equal, as often as they are: its input is read again for each. */
function aggregation(
  select: Select,
  input: PlanNode,
  { sets }: Groups,
  keys: readonly Inner[],
  aggregates: readonly Inner[],
): PlanNode | string {
  const node: PlanNode = { kind: 'aggregate', input, keys: select.named(keys), aggregates: select.named(aggregates) };
  if (sets === undefined) return node;
  const layers = layersOf(sets);
  if (layers.length === 1) return { ...node, sets };
  if (!select.isStable([...keys, ...aggregates]))
    return 'two of its sets of keys are equal, and its rows may be others each time';
  const inputs = layers.map((layer) => layerOf(layer, select, input, keys, aggregates));
  return { kind: 'union', inputs, byName: true };
}

/** Without the keys that none of its sets has: those are null. */
function layerOf(
  sets: readonly (readonly number[])[],
  select: Select,
  input: PlanNode,
  keys: readonly Inner[],
  aggregates: readonly Inner[],
): PlanNode {
  const places = keys.flatMap((_, at) => (sets.some((set) => set.includes(at)) ? [at] : []));
  const own = keys.filter((_, at) => places.includes(at));
  const node = { kind: 'aggregate', input, keys: select.named(own) } as const;
  if (sets.length > 1) {
    const renumbered = sets.map((set) => set.map((at) => places.indexOf(at)));
    return { ...node, aggregates: select.named(aggregates), sets: renumbered };
  }
  return { ...node, aggregates: select.named(aggregates.map(({ name, tree }) => ({ name, tree: inSet(tree, own) }))) };
}

/** GROUPING(…) is the same in all groups of one set: a bit for each argument, set where it is no key. */
const inSet = (tree: AstNode, keys: readonly Inner[]): AstNode =>
  rewrite(tree, (node) => {
    if (node.type !== 'GROUPING_FUNCTION') return undefined;
    const bits = nodesOf(node.children).map((child) => !keys.some((key) => meaning(key.tree) === meaning(child)));
    const value = bits.reduce((number, bit) => number * 2 + Number(bit), 0);
    return bigint(value);
  });

/** Cast: printed, a number says nothing of its type. */
const bigint = (value: number): AstNode => {
  const type = { id: 'BIGINT', type_info: null };
  const child = { class: 'CONSTANT', type: 'VALUE_CONSTANT', alias: '', value: { type, is_null: false, value } };
  return { class: 'CAST', type: 'OPERATOR_CAST', alias: '', child, cast_type: type, try_cast: false };
};

const havingOf = ({ parts, aliases }: Select): AstNode | undefined => parts.having && aliases.resolve(parts.having);

/** Of an aggregate, or of GROUPING: what only an aggregation can answer. */
function isCall(select: Select, node: AstNode): boolean {
  if (node.type === 'GROUPING_FUNCTION') return true;
  return node.class === 'FUNCTION' && select.hasAggregate({ ...node, children: [] });
}

function groupsIn(select: Select): Groups | string {
  const items = select.items.map(({ tree }) => tree);
  return groupsOf(select.parts, items, select.aliases, (tree) => select.hasAggregate(tree));
}
