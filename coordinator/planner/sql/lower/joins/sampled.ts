import type { PlanNode, PlanOf } from '../../../../../shared/plan/node.ts';
import type { NamedExpression } from '../../../../../shared/plan/nodes/expression.ts';
import { quotedName } from '../../../../../shared/sql/text.ts';
import { sourceOf } from '../../../bind/source.ts';
import type { PlanContext } from '../../../context.ts';
import { hasStar, namesIn, parseExpression } from '../../../expressions/tree.ts';
import { shareOf } from '../../../source.ts';

type Chain = PlanOf<'filter' | 'project' | 'extend' | 'scan'>;

/** The share of a scan's rows that filters over it keep, from a sample of its files; nothing if it cannot be had. */
export function sampledShare(plan: PlanNode, context: PlanContext): number | undefined {
  if (!isChain(plan)) return undefined;
  const { splits, sample, schema } = sourceOf(scanBelow(plan), context);
  if (sample === undefined) return undefined;
  const expressions = textsIn(plan).map((text) => parseExpression(context.dialect, text));
  const named = new Set(expressions.flatMap((tree) => [...namesIn(tree)]));
  const all = schema.map(({ name }) => name.toLowerCase());
  const columns = expressions.some(hasStar) ? all : all.filter((name) => named.has(name));
  const count = sample(splits, new Set(columns), (relation) => selectOf(plan, relation));
  return count && shareOf(count);
}

function isChain(plan: PlanNode): plan is Chain {
  if (plan.kind === 'scan') return true;
  return (plan.kind === 'filter' || plan.kind === 'project' || plan.kind === 'extend') && isChain(plan.input);
}

const inputOf = (plan: Exclude<Chain, { kind: 'scan' }>): Chain => plan.input as Chain;

const scanBelow = (plan: Chain): PlanOf<'scan'> => (plan.kind === 'scan' ? plan : scanBelow(inputOf(plan)));

/** Of a projection below, only what a filter above may name. */
function textsIn(plan: Chain): string[] {
  if (plan.kind === 'scan') return [];
  const own = plan.kind === 'filter' ? [plan.predicate] : plan.columns.map(({ sql }) => sql);
  return [...own, ...textsIn(inputOf(plan))];
}

function selectOf(plan: Chain, relation: string): string {
  if (plan.kind === 'scan') return `SELECT * FROM ${relation}`;
  if (plan.kind === 'filter') {
    const { predicates, below } = filtersOf(plan);
    const where = predicates.map((predicate) => `(\n${predicate}\n)`).join(' AND ');
    return `SELECT * FROM (${selectOf(below, relation)}) WHERE ${where}`;
  }
  const from = `(${selectOf(inputOf(plan), relation)})`;
  return `SELECT ${plan.kind === 'extend' ? '*, ' : ''}${listOf(plan.columns)} FROM ${from}`;
}

/** Filters that stand on each other: hundreds of subqueries, one in the other, take DuckDB long. The lowest comes first. */
function filtersOf(plan: Chain): { readonly predicates: readonly string[]; readonly below: Chain } {
  const predicates: string[] = [];
  let below = plan;
  for (; below.kind === 'filter'; below = inputOf(below)) predicates.unshift(below.predicate);
  return { predicates, below };
}

const listOf = (columns: readonly NamedExpression[]): string =>
  columns.map(({ name, sql }) => `(\n${sql}\n) AS ${quotedName(name)}`).join(', ');
