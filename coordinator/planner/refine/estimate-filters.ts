import { quotedName } from '../../../shared/sql/text.ts';
import { sourceOf } from '../bind/source.ts';
import { type Bound, type BoundOf, inputOf } from '../bound.ts';
import type { PlanContext } from '../context.ts';

/**
 * Tells the filters over scans what share of the rows they keep, from a sample of the files: how large what is joined and
 * sent really is. Filters and projections that stand over one scan are tried together; the topmost filter has the share of
 * all, for the others nothing is left.
 */
export function estimateFilters(bound: Bound, context: PlanContext): Bound {
  const share = hasFilter(bound) ? shareOf(bound, context) : undefined;
  if (share !== undefined) return withShare(bound, share);
  return { ...bound, inputs: bound.inputs.map((input) => estimateFilters(input, context)) };
}

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

function shareOf(bound: Bound, context: PlanContext): number | undefined {
  const scan = scanBelow(bound);
  const { splits, sample } = sourceOf(scan.operator.scan, context);
  const columns = new Set(scan.schema.map(({ name }) => name.toLowerCase()));
  return sample?.(scan.operator.splits ?? splits, columns, (relation) => selectOf(bound, relation));
}

function scanBelow(bound: Bound): BoundOf<'scan'> {
  const { operator, schema, inputs } = bound;
  return operator.kind === 'scan' ? { operator, schema, inputs } : scanBelow(inputOf(bound));
}

/** As SQL over a relation in place of the scan. */
function selectOf(bound: Bound, relation: string): string {
  const { operator } = bound;
  if (operator.kind === 'scan') return `SELECT * FROM ${relation}`;
  const from = `(${selectOf(inputOf(bound), relation)})`;
  if (operator.kind === 'filter') return `SELECT * FROM ${from} WHERE ${operator.predicate.sql}`;
  if (operator.kind !== 'project') throw new RangeError(`a ${operator.kind} does not work row by row`);
  return `SELECT ${operator.columns.map(({ name, sql }) => `${sql} AS ${quotedName(name)}`).join(', ')} FROM ${from}`;
}

function withShare(bound: Bound, share: number): Bound {
  if (isFilter(bound)) {
    const rest = { ...bound, operator: { ...bound.operator, share } };
    return { ...rest, inputs: bound.inputs.map((input) => withShare(input, 1)) };
  }
  return { ...bound, inputs: bound.inputs.map((input) => withShare(input, share)) };
}
