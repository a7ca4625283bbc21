import type { PlanNode } from '../../../../shared/plan/node.ts';
import { type AstNode, find, isNode, nodesOf } from '../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import { columnNamed, parseExpression, printExpression } from '../../expressions.ts';
import { isVolatile } from '../../volatile.ts';
import { type CommonTables, withCommonTables } from './common-tables.ts';
import type { Attachment, Conjunct } from './conjuncts.ts';
import { valueOfNoRows } from './empty-value.ts';
import { internalColumns } from './from.ts';
import { NotDistributed } from './names.ts';
import { hasAggregate } from './outside-aggregates.ts';
import { columnsIn, resolveTree } from './resolver.ts';
import type { Scope } from './scope.ts';
import type { Lowering, OpenSelect } from './types.ts';

/** Where a subquery stands. */
export interface Site {
  readonly scope: Scope;
  readonly outer?: Scope;
  readonly aliases?: ReadonlyMap<string, AstNode | undefined>;
  readonly tables: CommonTables;
  readonly lowering: Lowering;
}

interface LoweredCondition extends Conjunct {
  /** It takes columns of the query around. */
  readonly isCorrelated: boolean;
}

/** One condition of a WHERE clause; IN and EXISTS become semi and anti joins. */
export function lowerCondition(tree: AstNode, site: Site): LoweredCondition {
  const [negated] = tree.type === 'OPERATOR_NOT' ? nodesOf(tree.children) : [];
  const subquery = negated ?? tree;
  if (subquery.class === 'SUBQUERY' && subquery.subquery_type === 'EXISTS')
    return { ...exists(subquery, negated !== undefined, site), isCorrelated: false };
  if (subquery.class === 'SUBQUERY' && subquery.subquery_type === 'ANY' && subquery.comparison_type === 'COMPARE_EQUAL')
    return { ...isIn(subquery, negated !== undefined, site), isCorrelated: false };
  const attachments: Attachment[] = [];
  let isCorrelated = false;
  const resolved = resolveTree(tree, {
    ...site,
    inline: true,
    subquery: (node) => scalarSubquery(node, site, attachments),
    onOuter: () => {
      isCorrelated = true;
    },
  });
  if (isCorrelated && attachments.length > 0) throw new NotDistributed('a subquery in it is correlated twice over');
  return { ...conjunct(resolved, attachments, site), isCorrelated };
}

function conjunct(tree: AstNode | undefined, attachments: readonly Attachment[], site: Site): Conjunct {
  const trees = [...(tree === undefined ? [] : [tree]), ...attachments.flatMap(({ on }) => on)];
  const inner = new Set(attachments.flatMap(({ adds, inner }) => [...adds, ...(inner ?? [])]));
  const names = new Set([...columnsIn(trees)].filter((name) => !inner.has(name)));
  const volatile = tree !== undefined && isVolatile(site.lowering.context.dialect, tree);
  return { ...(tree === undefined ? {} : { tree }), attachments, names, volatile };
}

const queryOf = (subquery: AstNode): AstNode =>
  isNode(subquery.subquery) && isNode(subquery.subquery.node) ? subquery.subquery.node : {};

/** A SELECT of rows, one for each row of its FROM clause that fulfils its conditions. */
function isPlain(query: AstNode, { context }: Lowering): boolean {
  const { group_expressions, having, qualify, modifiers, select_list, aggregate_handling } = query;
  const hasClause = having != null || qualify != null || nodesOf(group_expressions).length > 0;
  const limits = nodesOf(modifiers).some(({ type }) => type !== 'ORDER_MODIFIER' && type !== 'DISTINCT_MODIFIER');
  const list = nodesOf(select_list);
  const hasWindow = find(list, ({ class: kind }) => kind === 'WINDOW').length > 0;
  if (query.type !== 'SELECT_NODE' || aggregate_handling === 'FORCE_AGGREGATES') return false;
  return !hasClause && !limits && !hasWindow && !hasAggregate(list, context.dialect);
}

const opened = (query: AstNode, { tables, lowering, scope }: Site): OpenSelect =>
  lowering.open(query, withCommonTables(query, tables), scope);

function exists(subquery: AstNode, isNegated: boolean, site: Site): Conjunct {
  const { lowering } = site;
  const query = queryOf(subquery);
  const open = isPlain(query, lowering) ? opened(query, site) : undefined;
  if (open !== undefined && open.correlated.length > 0) {
    return conjunct(undefined, [half(isNegated, open.plan, open.correlated, open)], site);
  }
  const right = open?.plan ?? lowering.query(query, site.tables).plan;
  const found = lowering.names.fresh('found');
  const one: PlanNode = {
    kind: 'aggregate',
    input: { kind: 'limit', input: right, limit: 1, offset: 0 },
    keys: [],
    aggregates: [{ name: found, sql: `count(*) = ${isNegated ? 0 : 1}` }],
  };
  return conjunct(columnNamed(found), [beside(one, [found])], site);
}

/** Rows that have a partner in the subquery, or those that have none. */
const half = (
  isNegated: boolean,
  right: PlanNode,
  on: readonly AstNode[],
  { schema }: Pick<OpenSelect, 'schema'>,
): Attachment => ({
  type: isNegated ? 'anti' : 'semi',
  right,
  on,
  adds: new Set(),
  inner: new Set(schema.map(({ name }) => name.toLowerCase())),
});

/** One row beside every row. */
const beside = (right: PlanNode, names: readonly string[]): Attachment => ({
  type: 'inner',
  right,
  on: [],
  adds: new Set(names.map((name) => name.toLowerCase())),
});

function isIn(subquery: AstNode, isNegated: boolean, site: Site): Conjunct {
  const { lowering, tables, scope } = site;
  const query = queryOf(subquery);
  if (!isNode(subquery.child) || subquery.child.function_name === 'row')
    throw new NotDistributed('it compares whole rows');
  const child = resolveTree(subquery.child, {
    scope,
    inline: true,
    ...(site.aliases === undefined ? {} : { aliases: site.aliases }),
    subquery: () => {
      throw new NotDistributed('it has a subquery in a subquery');
    },
  });
  if (isVolatile(lowering.context.dialect, [child, query])) throw new NotDistributed('it compares values of chance');
  const plain = isPlain(query, lowering) ? opened(query, site) : undefined;
  const whole = plain === undefined ? lowering.query(query, tables) : undefined;
  const right = plain?.plan ?? whole?.plan;
  const [item = plain?.parts.items[0]?.tree, ...more] = (whole?.columns ?? []).map(({ internal }) =>
    columnNamed(internal),
  );
  if (right === undefined || item === undefined || more.length > 0) throw new NotDistributed('it compares whole rows');
  const schema = plain?.schema ?? (whole?.columns ?? []).map(({ internal }) => ({ name: internal, type: '' }));
  const equal: AstNode = { class: 'COMPARISON', type: 'COMPARE_EQUAL', alias: '', left: child, right: item };
  const match = half(isNegated, right, [equal, ...(plain?.correlated ?? [])], { schema });
  if (!isNegated) return conjunct(undefined, [match], site);
  if (plain !== undefined && plain.correlated.length > 0) throw new NotDistributed('it has a correlated NOT IN');
  return notIn(child, right, item, match, site);
}

/** NOT IN is true of nothing where the subquery has a null, and of everything where it has no rows. */
function notIn(child: AstNode, right: PlanNode, item: AstNode, match: Attachment, site: Site): Conjunct {
  const { names, context } = site.lowering;
  const [rows, known] = [names.fresh('rows'), names.fresh('known')];
  const counts: PlanNode = {
    kind: 'aggregate',
    input: right,
    keys: [],
    aggregates: [
      { name: rows, sql: 'count(*)' },
      { name: known, sql: `count(${printExpression(context.dialect, item)})` },
    ],
  };
  const [r, k, value] = [quotedName(rows), quotedName(known), printExpression(context.dialect, child)];
  const tree = parseExpression(context.dialect, `${r} = 0 OR ((${value}) IS NOT NULL AND ${r} = ${k})`);
  return conjunct(tree, [beside(counts, [rows, known]), match], site);
}

/** The column that holds the subquery's value; what it takes to have it is added to the attachments. */
export function scalarSubquery(subquery: AstNode, site: Site, attachments: Attachment[]): AstNode {
  const { lowering, tables } = site;
  const query = queryOf(subquery);
  if (subquery.subquery_type !== 'SCALAR')
    throw new NotDistributed('it has a subquery that is not a condition of its own');
  if (isOneRow(query, lowering)) return aggregateOf(opened(query, site), lowering, attachments);
  const { plan, columns } = lowering.query(query, tables);
  const [column, ...more] = columns;
  if (column === undefined || more.length > 0) throw new NotDistributed('it has a subquery of several columns');
  const value = lowering.names.fresh(column.internal);
  const sql = `CASE WHEN count(*) > 1 THEN error(${tooManyRows}) ELSE first(${quotedName(column.internal)}) END`;
  attachments.push(beside({ kind: 'aggregate', input: plan, keys: [], aggregates: [{ name: value, sql }] }, [value]));
  return columnNamed(value);
}

const tooManyRows =
  "'More than one row returned by a subquery used as an expression - scalar subqueries can only return a single row.'";

/** An aggregation of all rows into one. */
function isOneRow(query: AstNode, { context }: Lowering): boolean {
  const { group_expressions, having, qualify, modifiers, select_list, aggregate_handling } = query;
  const list = nodesOf(select_list);
  const isAlone = nodesOf(modifiers).length === 0 && having == null && qualify == null && list.length === 1;
  const isGrouped = nodesOf(group_expressions).length > 0 || aggregate_handling === 'FORCE_AGGREGATES';
  const hasWindow = find(list, ({ class: kind }) => kind === 'WINDOW').length > 0;
  return query.type === 'SELECT_NODE' && isAlone && !isGrouped && !hasWindow && hasAggregate(list, context.dialect);
}

/** Uncorrelated: one row. Correlated by equalities: a group for each value, and no group where there are no rows. */
function aggregateOf(open: OpenSelect, lowering: Lowering, attachments: Attachment[]): AstNode {
  const { dialect } = lowering.context;
  const tree = open.parts.items[0]?.tree ?? {};
  if (open.correlated.length === 0) {
    const { plan, columns } = lowering.close(open);
    const { columns: own, plan: one } = internalColumns(
      plan,
      columns.map(({ internal }) => internal),
      lowering,
    );
    attachments.push(
      beside(
        one,
        own.map(({ internal }) => internal),
      ),
    );
    return columnNamed(own[0]?.internal ?? '');
  }
  const inner = new Set(open.schema.map(({ name }) => name.toLowerCase()));
  const pairs = open.correlated.map((condition) => sidesOf(condition, inner));
  const keys = pairs.map((pair) => ({ name: lowering.names.fresh('key'), tree: pair.inner }));
  const value = lowering.names.fresh('value');
  const named = keys.map(({ name, tree }) => ({ name, sql: printExpression(dialect, tree) }));
  const right: PlanNode = {
    kind: 'aggregate',
    input: open.plan,
    keys: named,
    aggregates: [{ name: value, sql: printExpression(dialect, tree) }],
  };
  const on = pairs.map(({ outer }, i): AstNode => {
    const key = columnNamed(keys[i]?.name ?? '');
    return { class: 'COMPARISON', type: 'COMPARE_EQUAL', alias: '', left: outer, right: key };
  });
  const names = [value, ...keys.map(({ name }) => name)];
  attachments.push({ type: 'left', right, on, adds: new Set(names.map((name) => name.toLowerCase())) });
  const empty = valueOfNoRows(tree, dialect);
  if (empty === 'null') return columnNamed(value);
  const [first = ''] = named.map(({ name }) => quotedName(name));
  return parseExpression(dialect, `CASE WHEN ${first} IS NULL THEN (${empty}) ELSE ${quotedName(value)} END`);
}

/** `inner = outer`, where one side takes columns of the subquery only, and the other of the query around only. */
function sidesOf({ type, left, right }: AstNode, own: ReadonlySet<string>): { inner: AstNode; outer: AstNode } {
  const refused = new NotDistributed('a subquery is correlated by something else than equalities');
  if (type !== 'COMPARE_EQUAL' || !isNode(left) || !isNode(right)) throw refused;
  const place = (tree: AstNode): string => {
    const places = new Set([...columnsIn(tree)].map((name) => (own.has(name) ? 'inner' : 'outer')));
    return [...places].join();
  };
  if (place(left) === 'inner' && place(right) === 'outer') return { inner: left, outer: right };
  if (place(left) === 'outer' && place(right) === 'inner') return { inner: right, outer: left };
  throw refused;
}
