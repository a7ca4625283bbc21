import { sourceOf } from '../bind/source.ts';
import { type Bound, type BoundOf, inputOf } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import type { SourceSplit } from '../source.ts';

/**
 * Leaves out the splits of scans below a limit that lie before its first row or behind its last one, where the files
 * say how many rows each has: they are read in their order. What lies before is no longer to be skipped.
 */
export function cutSplits(bound: Bound, context: PlanContext): Bound {
  const own = isLimit(bound) ? cutScan(bound, context) : undefined;
  return own ?? { ...bound, inputs: bound.inputs.map((input) => cutSplits(input, context)) };
}

const isLimit = (bound: Bound): bound is BoundOf<'limit'> => bound.operator.kind === 'limit';

function cutScan(bound: BoundOf<'limit'>, context: PlanContext): Bound | undefined {
  const scan = inputOf(bound);
  const { operator } = scan;
  if (operator.kind !== 'scan') return undefined;
  const splits = operator.splits ?? sourceOf(operator.scan, context).splits;
  if (splits.length < 2 || splits.some(({ rows }) => rows === 0)) return undefined;
  const { limit, offset } = bound.operator;
  if (limit === 0) return undefined;
  const { kept, skipped } = between(splits, offset, limit === null ? Number.POSITIVE_INFINITY : offset + limit);
  if (kept.length === splits.length) return undefined;
  return {
    ...bound,
    operator: { ...bound.operator, offset: offset - skipped },
    inputs: [{ ...scan, operator: { ...operator, splits: kept } }],
  };
}

/** The splits that hold rows of `[from, to)`, one at least, and how many rows lie before them. */
function between(splits: readonly SourceSplit[], from: number, to: number): { kept: SourceSplit[]; skipped: number } {
  const kept: SourceSplit[] = [];
  let skipped = 0;
  let at = 0;
  for (const [i, split] of splits.entries()) {
    const end = at + split.rows;
    if (end > from && at < to) kept.push(split);
    else if (kept.length === 0 && i < splits.length - 1) skipped += split.rows;
    else if (kept.length === 0) kept.push(split);
    at = end;
  }
  return { kept, skipped };
}
