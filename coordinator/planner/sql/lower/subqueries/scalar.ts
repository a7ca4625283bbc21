import type { PlanNode } from '../../../../../shared/plan/node.ts';
import { type AstNode, find, isNode, nodesOf } from '../../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../../shared/sql/text.ts';
import { columnNamed, parseExpression, printExpression } from '../../../expressions/tree.ts';
import type { Attachment } from '../conjuncts.ts';
import { withNamedPositions } from '../names/named-positions.ts';
import { NotDistributed } from '../names/names.ts';
import { columnsIn } from '../names/resolver.ts';
import { internalColumns } from '../relation.ts';
import type { Lowering, OpenSelect } from '../types.ts';
import { valueOfNoRows } from './empty-value.ts';
import { hasAggregate } from './outside-aggregates.ts';
import { beside, opened, queryOf, type Site, typeOver } from './site.ts';

/** The column that holds the subquery's value; what it takes to have it is added to the attachments. */
export function scalarSubquery(subquery: AstNode, site: Site, attachments: Attachment[]): AstNode {
  const { lowering, tables } = site;
  const query = withNamedPositions(queryOf(subquery), lowering.context.dialect);
  if (subquery.subquery_type !== 'SCALAR')
    throw new NotDistributed('it has a subquery that is not a condition of its own');
  if (isOneRow(query, lowering)) return aggregateOf(opened(query, site), site, attachments);
  const { plan, columns } = lowering.query(query, tables);
  const [column, ...more] = columns;
  if (column === undefined || more.length > 0) throw new NotDistributed('it has a subquery of several columns');
  const value = lowering.names.fresh(column.internal);
  const sql = `CASE WHEN count(*) > 1 THEN error(${tooManyRows}) ELSE first(${quotedName(column.internal)}) END`;
  attachments.push(beside({ kind: 'aggregate', input: plan, keys: [], aggregates: [{ name: value, sql }] }, [value]));
  return columnNamed(value);
}

export const tooManyRows =
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
const aggregateOf = (open: OpenSelect, site: Site, attachments: Attachment[]): AstNode =>
  open.correlated.length === 0 ? oneRow(open, site, attachments) : groupForEach(open, site, attachments);

function oneRow(open: OpenSelect, { lowering }: Site, attachments: Attachment[]): AstNode {
  const { plan, columns } = lowering.close(open);
  const names = columns.map(({ internal }) => internal);
  const { columns: own, plan: one } = internalColumns(plan, names, lowering);
  const ownNames = own.map(({ internal }) => internal);
  attachments.push(beside(one, ownNames));
  return columnNamed(ownNames[0] ?? '');
}

function groupForEach(open: OpenSelect, site: Site, attachments: Attachment[]): AstNode {
  const { names, context } = site.lowering;
  const { dialect } = context;
  const tree = open.parts.items[0]?.tree ?? {};
  const keys = equalitiesOf(open, site).map((pair) => ({ name: names.fresh('key'), ...pair }));
  const value = names.fresh('value');
  const right: PlanNode = {
    kind: 'aggregate',
    input: open.plan,
    keys: keys.map(({ name, inner }) => ({ name, sql: printExpression(dialect, inner) })),
    aggregates: [{ name: value, sql: printExpression(dialect, tree) }],
  };
  const on = keys.map(
    ({ name, outer }): AstNode => ({
      class: 'COMPARISON',
      type: 'COMPARE_EQUAL',
      alias: '',
      left: outer,
      right: columnNamed(name),
    }),
  );
  const adds = new Set([value, ...keys.map(({ name }) => name)].map((name) => name.toLowerCase()));
  attachments.push({ type: 'left', right, on, adds });
  const empty = valueOfNoRows(tree, dialect);
  if (empty === 'null') return columnNamed(value);
  const first = quotedName(keys[0]?.name ?? '');
  return parseExpression(dialect, `CASE WHEN ${first} IS NULL THEN (${empty}) ELSE ${quotedName(value)} END`);
}

/** The equalities that tie the subquery to the query around it. */
function equalitiesOf(open: OpenSelect, site: Site): ReturnType<typeof sidesOf>[] {
  const inner = new Set(open.schema.map(({ name }) => name.toLowerCase()));
  const pairs = open.correlated.map((condition) => sidesOf(condition, inner));
  if (pairs.every((pair) => haveOneEquality(pair, open, site))) return pairs;
  throw new NotDistributed(
    'a subquery is correlated by values of types that are equal in another way than within each',
  );
}

/** Values that differ on the inside equal no one value outside: one group is met. `'1' = 1` and `'01' = 1` are true. */
function haveOneEquality(
  { inner, outer }: { readonly inner: AstNode; readonly outer: AstNode },
  { plan }: OpenSelect,
  { lowering, typeOf }: Site,
): boolean {
  const [left, right] = [typeOver(inner, lowering.schemaOf(plan), lowering), typeOf(outer)];
  return left !== undefined && right !== undefined && (left === right || (exact.test(left) && exact.test(right)));
}

const exact = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(.*\))$/;

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
