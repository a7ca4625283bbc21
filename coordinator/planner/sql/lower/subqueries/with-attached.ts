import type { PlanNode } from '../../../../../shared/plan/node.ts';
import { type AstNode, find, isNode, textsOf } from '../../../../../shared/sql/ast.ts';
import { aggregateBelow } from '../../select/aggregation.ts';
import { Aliases } from '../../select/aliases.ts';
import { namesColumn, positionOf } from '../../select/groups.ts';
import type { SelectParts } from '../../select/parts.ts';
import { Select } from '../../select/select.ts';
import { type Attachment, attachTo, isDependent, treesOf } from '../conjuncts.ts';
import { NotDistributed } from '../names/names.ts';
import { columnsIn } from '../names/resolver.ts';
import type { Lowering, OpenSelect } from '../types.ts';
import { hasAggregate, isAggregate } from './outside-aggregates.ts';

type Open = Pick<OpenSelect, 'plan' | 'parts' | 'schema'>;

/**
 * A SELECT with what its subqueries need beside its rows. What stands within an aggregate or a key is needed beside the rows that
 * are grouped; anything else beside the groups, of which there is one even where no row is.
 */
export function withAttached(open: Open, attached: readonly Attachment[], lowering: Lowering): Open {
  const { dialect } = lowering.context;
  if (attached.length === 0) return open;
  if (!isAggregation(open.parts, lowering)) return beside(open, attached, lowering);
  const early = new Set<string>();
  const note = (tree: AstNode): void => {
    for (const name of columnsIn(tree)) early.add(name);
  };
  for (const tree of treesIn(open.parts)) find(tree, (node) => isAggregate(node, dialect)).forEach(note);
  const select = selectOf(open, lowering);
  for (const tree of open.parts.groups) note(keyOf(tree, select));
  if (open.parts.groupsAll)
    for (const { tree } of open.parts.items) if (!hasAggregate(tree, dialect) && namesColumn(tree)) note(tree);
  const isEarly = ({ adds }: Attachment): boolean => [...adds].some((name) => early.has(name));
  const late = attached.filter((attachment) => !isEarly(attachment));
  const rows = beside(open, attached.filter(isEarly), lowering);
  return late.length === 0 ? rows : besideGroups(rows, late, lowering);
}

const beside = ({ plan, parts, schema }: Open, attached: readonly Attachment[], lowering: Lowering): Open => ({
  plan: attachTo(plan, attached, lowering),
  parts,
  schema: [...schema, ...attached.flatMap(({ adds }) => [...adds]).map((name) => ({ name, type: '' }))],
});

const selectOf = ({ parts, schema }: Open, { context }: Lowering): Select =>
  new Select(parts, new Aliases(parts.items, schema), schema, context.dialect);

/** What GROUP BY means by a position, an alias or an expression. */
function keyOf(tree: AstNode, { items, aliases }: Select): AstNode {
  const position = positionOf(tree);
  return (position === undefined ? undefined : items[position - 1]?.tree) ?? aliases.resolve(tree);
}

function isAggregation({ groups, groupsAll, having, ...parts }: SelectParts, { context }: Lowering): boolean {
  const trees = treesIn({ groups, groupsAll, ...parts });
  return groups.length > 0 || groupsAll || having !== undefined || hasAggregate(trees, context.dialect);
}

/** Expressions over groups. */
const treesIn = ({ items, having, qualify, orders, distinctOn }: SelectParts): AstNode[] => [
  ...items.map(({ tree }) => tree),
  ...[having, qualify].filter((tree) => tree !== undefined),
  ...orders.map(({ expression }) => expression).filter(isNode),
  ...distinctOn,
];

/** The groups as rows of their own, and a SELECT over these. */
function besideGroups({ plan, parts, schema }: Open, late: readonly Attachment[], lowering: Lowering): Open {
  const { having, groupSets, ...others } = parts;
  const inside: SelectParts = { ...others, ...(groupSets ? { groupSets } : {}) };
  const select = selectOf({ plan, parts: inside, schema }, lowering);
  const taken = late.flatMap(treesOf);
  const isAlias = (tree: AstNode): boolean => {
    const [name = '', ...more] = textsOf(tree.column_names);
    return (
      name !== '' && more.length === 0 && parts.items.some(({ alias }) => alias.toLowerCase() === name.toLowerCase())
    );
  };
  const trees = [...treesIn(parts).filter((tree) => !isAlias(tree)), ...taken];
  const grouped = aggregateBelow(
    select,
    plan,
    trees.map((tree) => select.aliases.resolve(tree)),
  );
  if (typeof grouped === 'string') throw new NotDistributed(grouped);
  const over = new Map(trees.map((tree, i) => [tree, grouped.rewritten[i] ?? tree]));
  const of = (tree: AstNode): AstNode => over.get(tree) ?? tree;
  const attachments = late.map((attachment) => overGroups(attachment, of));
  const outer: SelectParts = {
    ...others,
    items: parts.items.map((item) => ({ ...item, tree: of(item.tree) })),
    groups: [],
    groupsAll: false,
    ...(having ? { where: of(having) } : {}),
    ...(parts.qualify ? { qualify: of(parts.qualify) } : {}),
    distinctOn: parts.distinctOn.map(of),
    orders: parts.orders.map((order) =>
      isNode(order.expression) ? { ...order, expression: of(order.expression) } : order,
    ),
  };
  const groups = { plan: grouped.input, parts: outer, schema: columnsOf(grouped.input) };
  return beside(groups, attachments, lowering);
}

function overGroups(attachment: Attachment, of: (tree: AstNode) => AstNode): Attachment {
  const { right, on } = attachment;
  const columns = isDependent(right) ? right.columns.map(({ name, tree }) => ({ name, tree: of(tree) })) : [];
  return {
    ...attachment,
    on: on.map(of),
    right: isDependent(right) ? { ...right, columns } : right,
  };
}

const columnsOf = (plan: PlanNode): Open['schema'] =>
  plan.kind === 'aggregate' ? [...plan.keys, ...plan.aggregates].map(({ name }) => ({ name, type: '' })) : [];
