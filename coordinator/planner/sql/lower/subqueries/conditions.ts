import type { PlanNode } from '../../../../../shared/plan/node.ts';
import { type AstNode, find, isNode, nodesOf } from '../../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../../shared/sql/text.ts';
import { columnNamed, parseExpression, printExpression } from '../../../expressions/tree.ts';
import { isVolatile } from '../../../expressions/volatile.ts';
import { type Attachment, type Conjunct, treesOf } from '../conjuncts.ts';
import { NotDistributed, simply } from '../names/names.ts';
import { columnsIn, resolveTree } from '../names/resolver.ts';
import type { Lowering, OpenSelect } from '../types.ts';
import { hasAggregate } from './outside-aggregates.ts';
import { beside, opened, queryOf, type Site } from './site.ts';
import { subqueryValue } from './values.ts';

interface LoweredCondition extends Conjunct {
  /** It takes columns of the query around. */
  readonly isCorrelated: boolean;
}

/** One condition of a WHERE clause; IN and EXISTS become semi and anti joins. */
export function lowerCondition(tree: AstNode, site: Site): LoweredCondition {
  const [negated] = tree.type === 'OPERATOR_NOT' ? nodesOf(tree.children) : [];
  const subquery = negated ?? tree;
  const half = simply(() => halfJoin(subquery, negated !== undefined, site));
  if ('value' in half && half.value !== undefined) return { ...half.value, isCorrelated: false };
  const attachments: Attachment[] = [];
  let isCorrelated = false;
  const resolved = resolveTree(tree, {
    ...site,
    inline: true,
    subquery: (node, child) => subqueryValue(node, child, site, attachments),
    onOuter: () => {
      isCorrelated = true;
    },
  });
  if (isCorrelated && attachments.length > 0) throw new NotDistributed('a subquery in it is correlated twice over');
  return { ...conjunct(resolved, attachments, site), isCorrelated };
}

/** What needs no value: rows with a partner in the subquery, or without. */
function halfJoin(subquery: AstNode, isNegated: boolean, site: Site): Conjunct | undefined {
  if (subquery.class !== 'SUBQUERY') return undefined;
  if (subquery.subquery_type === 'EXISTS') return exists(subquery, isNegated, site);
  const isEqual = subquery.subquery_type === 'ANY' && subquery.comparison_type === 'COMPARE_EQUAL';
  return isEqual ? isIn(subquery, isNegated, site) : undefined;
}

function conjunct(tree: AstNode | undefined, attachments: readonly Attachment[], site: Site): Conjunct {
  const trees = [...(tree === undefined ? [] : [tree]), ...attachments.flatMap(treesOf)];
  const inner = new Set(attachments.flatMap(({ adds, inner }) => [...adds, ...(inner ?? [])]));
  const names = new Set([...columnsIn(trees)].filter((name) => !inner.has(name)));
  const volatile = tree !== undefined && isVolatile(site.lowering.context.dialect, tree);
  return { ...(tree === undefined ? {} : { tree }), attachments, names, volatile };
}

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
