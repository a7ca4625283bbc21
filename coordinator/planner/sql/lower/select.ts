import type { PlanNode } from '../../../../shared/plan/node.ts';
import type { Schema } from '../../../../shared/schema.ts';
import { type AstNode, isNode, nodesOf, rewrite, textsOf, walk } from '../../../../shared/sql/ast.ts';
import type { Dialect } from '../../dialect.ts';
import { columnNamed } from '../../expressions/tree.ts';
import { lowerSelect } from '../select/lower-select.ts';
import { groupSetsOf, modifiersOf, type SelectItem, type SelectParts } from '../select/parts.ts';
import type { CommonTables } from './common-tables.ts';
import { type Attachment, applyConjunct, attachTo, type Conjunct, conjunctsOf } from './conjuncts.ts';
import { type From, lowerFrom } from './from.ts';
import { joinUnits } from './joins/join-order.ts';
import { columnItems } from './names/column-patterns.ts';
import { inHaving, keysInHaving } from './names/having.ts';
import { itemName } from './names/item-name.ts';
import { NotDistributed } from './names/names.ts';
import { type Lookup, resolveTree } from './names/resolver.ts';
import type { Scope } from './names/scope.ts';
import { uniqueNames } from './names/unique-names.ts';
import { lowerCondition } from './subqueries/conditions.ts';
import { type Site, typeOver } from './subqueries/site.ts';
import { subqueryValues } from './subqueries/values.ts';
import { withAttached } from './subqueries/with-attached.ts';
import type { Columns, Lowering, OpenSelect } from './types.ts';

/** @throws NotDistributed */
export function lowerSelectNode(select: AstNode, tables: CommonTables, lowering: Lowering, result?: Schema): Columns {
  const open = openSelect(select, tables, lowering);
  return closeSelect(open, lowering, result);
}

/** The rest of an open SELECT, with a name of its own for each column. */
export function closeSelect({ plan, parts, schema }: OpenSelect, lowering: Lowering, result?: Schema): Columns {
  if (result !== undefined && result.length !== parts.items.length)
    throw new NotDistributed('its columns are chosen by pattern');
  const taken = new Set<string>();
  const columns = uniqueNames(parts.items.map(({ name }) => name)).map((name, i) => {
    const own = plainName(parts.items[i]?.tree ?? {});
    const internal = result?.[i]?.name ?? (own !== undefined && !taken.has(own) ? own : lowering.names.fresh(name));
    taken.add(internal);
    return { name, internal };
  });
  const items = parts.items.map((item, i) => ({ ...item, name: columns[i]?.internal ?? item.name }));
  const lowered = lowerSelect(
    { ...parts, items, isStable: () => lowering.isStable(plan) },
    plan,
    schema,
    lowering.context.dialect,
  );
  if (typeof lowered === 'string') throw new NotDistributed(lowered);
  return { plan: lowered, columns };
}

/** The column, where an item is nothing but one. */
function plainName(tree: AstNode): string | undefined {
  const [name, ...fields] = textsOf(tree.column_names);
  return tree.class === 'COLUMN_REF' && fields.length === 0 ? name : undefined;
}

/**
 * @param outer what the query around knows, for a subquery
 * @throws NotDistributed
 */
export function openSelect(select: AstNode, tables: CommonTables, lowering: Lowering, outer?: Scope): OpenSelect {
  refuse(select);
  const from = lowerFrom(sourceOf(select), tables, lowering);
  const site: Site = {
    scope: from.scope,
    tables,
    lowering,
    typeOf: (tree) => typeOver(tree, schemaIn(from, lowering), lowering),
  };
  const attached: Attachment[] = [];
  let isCorrelated = false;
  const lookup: Lookup = {
    scope: from.scope,
    ...(outer === undefined ? {} : { outer }),
    subquery: subqueryValues(site, attached),
    onOuter: () => {
      isCorrelated = true;
    },
  };
  const { items, aliases, itemNames } = itemsOf(select, lookup, lowering);
  const parts = partsOf(select, items, { ...lookup, aliases, itemNames }, lowering.context.dialect);
  if (isCorrelated) throw new NotDistributed('a subquery speaks of the query around it outside its WHERE clause');
  const conditions = isNode(select.where_clause) ? conjunctsOf(select.where_clause) : [];
  const where = conditions.map((tree) => lowerCondition(tree, { ...site, ...(outer ? { outer } : {}), aliases }));
  const own = where.filter(({ isCorrelated }) => !isCorrelated);
  const plan = rowsOf(from, own, lowering);
  const schema = schemaOf(from, own);
  return {
    ...withAttached({ plan, parts, schema }, attached, lowering),
    correlated: where.flatMap(({ isCorrelated, tree }) => (isCorrelated && tree !== undefined ? [tree] : [])),
  };
}

/** FROM under the conditions of WHERE: those first that say nothing of subqueries which depend on the rows before them. */
function rowsOf(from: From, where: readonly Conjunct[], lowering: Lowering): PlanNode {
  const added = new Set(from.laterals.flatMap(({ adds }) => [...adds]));
  const isLate = ({ names, volatile }: Conjunct): boolean =>
    from.laterals.length > 0 && (volatile || [...names].some((name) => added.has(name)));
  const early = [...from.conjuncts, ...where.filter((conjunct) => !isLate(conjunct))];
  const joined = attachTo(joinUnits(from.units, early, lowering), from.laterals, lowering);
  return where.filter(isLate).reduce((input, conjunct) => applyConjunct(input, conjunct, lowering), joined);
}

/** USING SAMPLE is of what FROM yields, before WHERE. */
function sourceOf({ from_table, sample }: AstNode): AstNode {
  const from = isNode(from_table) ? from_table : {};
  if (!isNode(sample)) return from;
  if (isNode(from.sample)) throw new NotDistributed('it takes a sample of a sample');
  return { ...from, sample };
}

interface Items {
  readonly items: readonly SelectItem[];
  /** Explicit ones in lower case, with what they stand for: the last of equal ones. */
  readonly aliases: ReadonlyMap<string, AstNode>;
  /** What these items are called instead: no column of the plan is. */
  readonly itemNames: ReadonlyMap<string, string>;
}

/** The select list over the columns of FROM. An item may speak of the aliases before it. */
function itemsOf(select: AstNode, lookup: Lookup, { context, names }: Lowering): Items {
  const aliases = new Map<string, AstNode>();
  const itemNames = new Map<string, string>();
  const meant = new Map<string, AstNode>();
  const inPlace = (tree: AstNode): AstNode => rewrite(tree, (node) => meant.get(plainName(node) ?? ''));
  const items = columnItems(nodesOf(select.select_list), lookup.scope, context.dialect).map(
    ({ tree, name }, i): SelectItem => {
      const alias = String(tree.alias ?? '');
      const resolved = { ...resolveTree(tree, { ...lookup, aliases, itemNames }), alias: '' };
      const named = { name: alias || (name ?? itemName(tree, context.dialect)), tree: resolved };
      if (alias === '') return { alias, ...named };
      const own = names.madeUp(`item${i}`);
      meant.set(own, inPlace(resolved));
      aliases.set(alias.toLowerCase(), inPlace(resolved));
      itemNames.set(alias.toLowerCase(), own);
      return { alias: own, ...named };
    },
  );
  return { items, aliases, itemNames };
}

/** The clauses behind FROM and WHERE. */
function partsOf(select: AstNode, items: readonly SelectItem[], lookup: Lookup, dialect: Dialect): SelectParts {
  const resolve = (tree: AstNode): AstNode => resolveTree(tree, lookup);
  const inOrder = (tree: AstNode): AstNode => resolveOrder(tree, lookup, resolve);
  const modifiers = modifiersOf(nodesOf(select.modifiers));
  if (typeof modifiers === 'string') throw new NotDistributed(modifiers);
  const groups = nodesOf(select.group_expressions).map(resolve);
  const having = { ...lookup, aliasesFirst: inHaving(select, groups, items, dialect) };
  return {
    items,
    groups: [...groups, ...keysInHaving(select, having, dialect)],
    groupsAll: select.aggregate_handling === 'FORCE_AGGREGATES',
    ...groupSetsOf(select),
    ...(isNode(select.having) ? { having: resolveTree(select.having, having) } : {}),
    ...(isNode(select.qualify) ? { qualify: resolve(select.qualify) } : {}),
    ...modifiers,
    distinctOn: modifiers.distinctOn.map((tree) => targetOf(inOrder(tree), items)),
    orders: modifiers.orders.map((order) =>
      isNode(order.expression) ? { ...order, expression: inOrder(order.expression) } : order,
    ),
  };
}

const schemaIn = ({ units }: From, lowering: Lowering): Schema => units.flatMap(({ plan }) => lowering.schemaOf(plan));

function schemaOf({ units, laterals, conjuncts }: From, where: readonly Conjunct[]): Schema {
  const attachments = [...conjuncts, ...where].flatMap(({ attachments }) => attachments);
  const added = [...laterals, ...attachments].flatMap(({ adds }) => [...adds]);
  return [...units.flatMap(({ names }) => [...names]), ...added].map((name) => ({ name, type: '' }));
}

/** ORDER BY prefers the name of an item to a column. */
function resolveOrder(tree: AstNode, { itemNames }: Lookup, resolve: (tree: AstNode) => AstNode): AstNode {
  const [name = '', ...more] = textsOf(tree.column_names);
  if (tree.class === 'STAR') return tree;
  const item = tree.class === 'COLUMN_REF' && more.length === 0 ? itemNames?.get(name.toLowerCase()) : undefined;
  return item === undefined ? resolve(tree) : columnNamed(item);
}

/** What DISTINCT ON means: an item by its alias or position, or an expression. */
function targetOf(tree: AstNode, items: readonly SelectItem[]): AstNode {
  const [name] = textsOf(tree.column_names);
  const item = items.find(({ alias }) => alias !== '' && alias === name);
  if (tree.class === 'COLUMN_REF' && item !== undefined) return item.tree;
  if (tree.class === 'CONSTANT' || tree.class === 'STAR') throw new NotDistributed('it names columns by position');
  return tree;
}

function refuse(select: AstNode): void {
  if (select.type !== 'SELECT_NODE') throw new NotDistributed('it combines several SELECTs');
  if (callsRowMaker(select)) throw new NotDistributed('it makes rows of lists');
}

/** Whether its rows are more, or others, than those of the tables that it reads. */
export function makesRows(select: AstNode): boolean {
  const { from_table: from } = select;
  return callsRowMaker(select) || (isNode(from) && (from.type === 'PIVOT' || from.type === 'JOIN'));
}

function callsRowMaker({ from_table: _, ...clauses }: AstNode): boolean {
  let calls = false;
  walk(clauses, (node) => {
    calls ||= rowMakers.has(String(node.function_name));
    return node.class !== 'SUBQUERY';
  });
  return calls;
}

const rowMakers: ReadonlySet<string> = new Set(['unnest', 'unlist', 'generate_subscripts']);
