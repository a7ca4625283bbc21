import type { PlanNode } from '../../../../../shared/plan/node.ts';
import { type AstNode, meaning, nodesOf } from '../../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../../shared/sql/text.ts';
import { columnNamed, parseExpression, printExpression } from '../../../expressions/tree.ts';
import { isVolatile } from '../../../expressions/volatile.ts';
import type { Attachment } from '../conjuncts.ts';
import { isOneRow } from '../correlated/dependent-aggregate.ts';
import { type Correlation, correlationOf, dependence } from '../correlated/domain.ts';
import { NotDistributed, simply } from '../names/names.ts';
import { anyOfAll } from './any-of-all.ts';
import { scalarSubquery, tooManyRows } from './scalar.ts';
import { beside, queryOf, type Site } from './site.ts';

/**
 * An expression over columns that stands for a subquery, wherever that stands; what it takes to have the columns is added to
 * the attachments: a join with the subquery's values, of which a row meets at most one.
 *
 * @param child what the subquery's rows are compared with, over columns
 * @throws NotDistributed
 */
export function subqueryValue(
  subquery: AstNode,
  child: AstNode | undefined,
  site: Site,
  attached: Attachment[],
): AstNode {
  if (subquery.subquery_type === 'SCALAR') return scalar(subquery, site, attached);
  if (subquery.subquery_type === 'EXISTS') return exists(subquery, site, attached);
  if (subquery.subquery_type === 'ANY' && child !== undefined) return any(subquery, child, site, attached);
  throw new NotDistributed(`it has a subquery of the kind ${String(subquery.subquery_type)}`);
}

/**
 * As `subqueryValue`, for all subqueries of one SELECT: equal ones are asked once, so that what is grouped by a subquery and what
 * repeats it in the list is one value.
 */
export function subqueryValues(site: Site, attached: Attachment[]): (node: AstNode, child?: AstNode) => AstNode {
  const known = new Map<string, AstNode>();
  return (node, child) => {
    if (isVolatile(site.lowering.context.dialect, [node])) return subqueryValue(node, child, site, attached);
    const key = meaning({ ...node, child: child ?? null });
    const value = known.get(key) ?? subqueryValue(node, child, site, attached);
    known.set(key, value);
    return value;
  };
}

function scalar(subquery: AstNode, site: Site, attached: Attachment[]): AstNode {
  const simple = simply(() => {
    const own: Attachment[] = [];
    const value = scalarSubquery(subquery, site, own);
    attached.push(...own);
    return value;
  });
  if (!('reason' in simple)) return simple.value;
  const { lowering } = site;
  const correlation = correlated(queryOf(subquery), site, simple.reason);
  if (correlation.names.length !== 1) throw new NotDistributed('it has a subquery of several columns');
  const [value, rows] = [lowering.names.madeUp('value'), lowering.names.madeUp('rows')];
  const isOne = isOneRow(correlation.query, lowering.context.dialect);
  const { right, on, keys } = dependence(correlation, lowering, ({ plan, columns }, keys) => {
    const own = quotedName(columns[0]?.internal ?? '');
    if (isOne) return { kind: 'project', input: plan, columns: [...keys.map(column), { name: value, sql: own }] };
    const aggregates = [
      { name: value, sql: `first(${own})` },
      { name: rows, sql: 'count(*)' },
    ];
    return { kind: 'aggregate', input: plan, keys: keys.map(column), aggregates };
  });
  attached.push({ type: 'left', right, on, adds: lower([value, ...(isOne ? [] : [rows]), ...keys]) });
  if (isOne) return columnNamed(value);
  const text = `CASE WHEN ${quotedName(rows)} > 1 THEN error(${tooManyRows}) ELSE ${quotedName(value)} END`;
  return parseExpression(lowering.context.dialect, text);
}

function exists(subquery: AstNode, site: Site, attached: Attachment[]): AstNode {
  const { lowering, tables } = site;
  const query = queryOf(subquery);
  const correlation = correlationOf(query, site.scope, tables, lowering);
  const found = lowering.names.madeUp('found');
  if (correlation.taken.length === 0) {
    const first: PlanNode = { kind: 'limit', input: lowering.part(query, tables).plan, limit: 1, offset: 0 };
    const aggregates = [{ name: found, sql: 'count(*) > 0' }];
    attached.push(beside({ kind: 'aggregate', input: first, keys: [], aggregates }, [found]));
    return columnNamed(found);
  }
  const { right, on, keys } = dependence(correlation, lowering, ({ plan }, keys) => ({
    kind: 'aggregate',
    input: plan,
    keys: keys.map(column),
    aggregates: [{ name: found, sql: 'count(*) > 0' }],
  }));
  attached.push({ type: 'left', right, on, adds: lower([found, ...keys]) });
  return parseExpression(lowering.context.dialect, `coalesce(${quotedName(found)}, false)`);
}

/** True where a comparison is, else null where one is, else false. */
function any(subquery: AstNode, child: AstNode, site: Site, attached: Attachment[]): AstNode {
  const { lowering } = site;
  const { dialect } = lowering.context;
  const correlation = correlationOf(queryOf(subquery), site.scope, site.tables, lowering);
  const compared = child.function_name === 'row' ? nodesOf(child.children) : [child];
  if (compared.length !== correlation.names.length) throw new NotDistributed('it compares rows of another form');
  const comparison = String(subquery.comparison_type);
  if (compared.length > 1 && comparison !== 'COMPARE_EQUAL') throw new NotDistributed('it compares the order of rows');
  const uncorrelated =
    correlation.taken.length === 0 && anyOfAll(correlation.query, compared, comparison, site, attached);
  if (uncorrelated) return uncorrelated;
  const [hit, unknown] = [lowering.names.madeUp('hit'), lowering.names.madeUp('unknown')];
  const make = (
    { plan, columns }: { plan: PlanNode; columns: readonly { internal: string }[] },
    keys: readonly string[],
  ) => {
    const values = keys.slice(-compared.length);
    const tests = columns.map(({ internal }, i): AstNode => {
      const left = columnNamed(values[i] ?? '');
      return { class: 'COMPARISON', type: comparison, alias: '', left, right: columnNamed(internal) };
    });
    const test = ofRows(tests.map((each) => printExpression(dialect, each)));
    const aggregates = [
      { name: hit, sql: `bool_or(${test})` },
      { name: unknown, sql: `count(*) - count(${test})` },
    ];
    return { kind: 'aggregate', input: plan, keys: keys.map(column), aggregates } as const;
  };
  const { right, on, keys } = dependence(correlation, lowering, make, compared);
  attached.push({ type: 'left', right, on, adds: lower([hit, unknown, ...keys]) });
  const text = `CASE WHEN ${quotedName(hit)} THEN true WHEN ${quotedName(unknown)} > 0 THEN NULL ELSE false END`;
  return parseExpression(dialect, `CAST(${text} AS BOOLEAN)`);
}

/** Of rows DuckDB knows nothing as soon as one of their values is null. */
const ofRows = (tests: readonly string[]): string =>
  tests.length === 1
    ? tests.join()
    : `CASE WHEN ${tests.map((test) => `(${test}) IS NULL`).join(' OR ')} THEN NULL ELSE ${tests.map((test) => `(${test})`).join(' AND ')} END`;

function correlated(query: AstNode, { scope, tables, lowering }: Site, reason: string): Correlation {
  const correlation = correlationOf(query, scope, tables, lowering);
  if (correlation.taken.length === 0) throw new NotDistributed(reason);
  return correlation;
}

const column = (name: string): { name: string; sql: string } => ({ name, sql: quotedName(name) });

const lower = (names: readonly string[]): ReadonlySet<string> => new Set(names.map((name) => name.toLowerCase()));
