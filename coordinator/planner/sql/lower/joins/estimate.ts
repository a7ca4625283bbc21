import { type PlanNode, type PlanVisitor, visit } from '../../../../../shared/plan/node.ts';
import { extractOf } from '../../../bind/pipeline.ts';
import { sourceOf } from '../../../bind/source.ts';
import type { PlanContext } from '../../../context.ts';
import { sampledShare } from './sampled.ts';

/** Rough numbers of rows, to order joins by: a filter or a group keeps a share that nothing is known about. */
export const estimateRows = (plan: PlanNode, context: PlanContext): number => visit(plan, estimators, context);

/** Where a file does not tell its number of rows. */
const textRowBytes = 100;
const filteredShare = 0.2;
const groupedShare = 0.25;
const halfJoinShare = 0.5;
const unknownRows = 1000;

const below = ({ input }: { readonly input: PlanNode }, context: PlanContext): number => estimateRows(input, context);

/** Of the scan below filters and projections. */
const scannedRows = (plan: PlanNode, context: PlanContext): number =>
  'input' in plan ? scannedRows(plan.input, context) : estimateRows(plan, context);

const estimators: PlanVisitor<number, PlanContext> = {
  scan: (node, context) =>
    sourceOf(node, context).splits.reduce((sum, { rows, bytes }) => sum + (rows || bytes / textRowBytes), 0),
  dataset: ({ id }, { datasets }) => (datasets[id] ?? []).reduce((sum, { rows }) => sum + rows, 0),
  sql: () => unknownRows,
  filter: (node, context) => {
    const share = sampledShare(node, context);
    return share === undefined ? below(node, context) * filteredShare : scannedRows(node, context) * share;
  },
  project: below,
  extend: below,
  call: below,
  window: below,
  aggregate: (node, context) => (node.keys.length === 0 ? 1 : below(node, context) * groupedShare),
  distinct: (node, context) => below(node, context) * groupedShare,
  sort: below,
  limit: (node, context) => Math.min(below(node, context), node.limit ?? Number.POSITIVE_INFINITY),
  repartition: below,
  write: below,
  extract: (node, context) =>
    node.reread
      ? estimateRows(node.reread, context)
      : extractOf(node, context).pieces.reduce((sum, { rows, bytes }) => sum + (rows || bytes / textRowBytes), 0),
  step: below,
  judge: below,
  load: () => unknownRows,
  join: ({ type, left, right }, context) => {
    const rows = estimateRows(left, context);
    if (type === 'semi' || type === 'anti') return rows * halfJoinShare;
    return Math.max(rows, estimateRows(right, context));
  },
  union: ({ inputs }, context) => inputs.reduce((sum, input) => sum + estimateRows(input, context), 0),
};
