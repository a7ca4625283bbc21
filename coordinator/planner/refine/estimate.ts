import { type AstNode, find } from '../../../shared/sql/ast.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import { sourceOf } from '../bind/source.ts';
import { type Bound, type BoundOf, inputOf } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import { type SampleCount, shareOf } from '../source.ts';

/**
 * Tells the filters over scans what share of the rows they keep, from a sample of the files, and aggregates over scans
 * how few groups there are: how large what is joined and sent really is. Filters and projections that stand over one
 * scan are tried together; the topmost filter has the share of all, for the others nothing is left.
 */
export function estimate(bound: Bound, context: PlanContext): Bound {
  const count = hasFilter(bound) ? countOf(bound, context) : undefined;
  if (count !== undefined) return withShare(bound, shareOf(count));
  const estimated = { ...bound, inputs: bound.inputs.map((input) => estimate(input, context)) };
  return isAggregate(estimated) && isOverScan(inputOf(bound))
    ? withGroups(estimated, inputOf(bound), context)
    : estimated;
}

/** Where the sample has seen each group many times, there are hardly others. */
const rowsOfGroupMin = 20;
/** A group with no more than such a part of the sample's rows is a small one. */
const smallGroupPart = 64;

function withGroups(bound: BoundOf<'aggregate'>, input: Bound, context: PlanContext): Bound {
  const { keys, sets } = bound.operator;
  if (keys.length === 0 || sets !== undefined || keys.some(({ volatile }) => volatile)) return bound;
  const list = keys.map(({ sql }, i) => `${sql} AS k${i}`).join(', ');
  const rows = countOf(input, context);
  const groups = countOf(input, context, (select) => `SELECT DISTINCT ${list} FROM (${select})`);
  if (rows === undefined || groups === undefined) return bound;
  if (groups.kept * rowsOfGroupMin <= rows.kept)
    return { ...bound, operator: { ...bound.operator, groups: Math.max(1, groups.kept) } };
  if (!bound.operator.aggregates.some(({ tree }) => hasDistinct(tree))) return bound;
  const large = countOf(
    input,
    context,
    (select) => `SELECT ${list} FROM (${select}) GROUP BY ALL HAVING count(*) * ${smallGroupPart} > ${rows.kept}`,
  );
  return large?.kept === 0 ? { ...bound, operator: { ...bound.operator, groupsMin: groups.kept } } : bound;
}

const hasDistinct = (tree: AstNode): boolean => find(tree, ({ distinct }) => distinct === true).length > 0;

const isAggregate = (bound: Bound): bound is BoundOf<'aggregate'> => bound.operator.kind === 'aggregate';

const isFilter = (bound: Bound): bound is BoundOf<'filter'> => bound.operator.kind === 'filter';

/** Filters and projections over one scan, a filter among them. */
function hasFilter(bound: Bound): boolean {
  const { kind } = bound.operator;
  if (kind === 'filter') return !bound.operator.predicate.volatile && isOverScan(inputOf(bound));
  return kind === 'project' && isPlain(bound) && hasFilter(inputOf(bound));
}

function isOverScan(bound: Bound): boolean {
  const { operator } = bound;
  if (operator.kind === 'scan') return true;
  if (operator.kind === 'filter') return !operator.predicate.volatile && isOverScan(inputOf(bound));
  return operator.kind === 'project' && isPlain(bound) && isOverScan(inputOf(bound));
}

const isPlain = ({ operator }: Bound): boolean =>
  operator.kind === 'project' && operator.columns.every(({ volatile }) => !volatile);

function countOf(
  bound: Bound,
  context: PlanContext,
  around = (select: string): string => select,
): SampleCount | undefined {
  const scan = scanBelow(bound);
  const { splits, sample } = sourceOf(scan.operator.scan, context);
  const columns = new Set(scan.schema.map(({ name }) => name.toLowerCase()));
  return sample?.(scan.operator.splits ?? splits, columns, (relation) => around(selectOf(bound, relation)));
}

function scanBelow(bound: Bound): BoundOf<'scan'> {
  const { operator, schema, inputs } = bound;
  return operator.kind === 'scan' ? { operator, schema, inputs } : scanBelow(inputOf(bound));
}

/** As SQL over a relation in place of the scan. */
function selectOf(bound: Bound, relation: string): string {
  const { operator } = bound;
  if (operator.kind === 'scan') return `SELECT * FROM ${relation}`;
  if (operator.kind === 'filter') {
    const { predicates, below } = filtersOf(bound);
    return `SELECT * FROM (${selectOf(below, relation)}) WHERE ${predicates.map((sql) => `(${sql})`).join(' AND ')}`;
  }
  const from = `(${selectOf(inputOf(bound), relation)})`;
  if (operator.kind !== 'project') throw new RangeError(`a ${operator.kind} does not work row by row`);
  return `SELECT ${operator.columns.map(({ name, sql }) => `${sql} AS ${quotedName(name)}`).join(', ')} FROM ${from}`;
}

/**
 * Filters that stand on each other: hundreds of subqueries, one in the other, take DuckDB long. The lowest comes first.
 */
function filtersOf(bound: Bound): { readonly predicates: readonly string[]; readonly below: Bound } {
  const predicates: string[] = [];
  let below = bound;
  for (; isFilter(below); below = inputOf(below)) predicates.unshift(below.operator.predicate.sql);
  return { predicates, below };
}

function withShare(bound: Bound, share: number): Bound {
  if (isFilter(bound)) {
    const rest = { ...bound, operator: { ...bound.operator, share } };
    return { ...rest, inputs: bound.inputs.map((input) => withShare(input, 1)) };
  }
  return { ...bound, inputs: bound.inputs.map((input) => withShare(input, share)) };
}
