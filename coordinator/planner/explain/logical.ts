import { basename } from 'node:path/posix';
import type { PlanNode } from '../../../shared/plan/node.ts';
import type { Bound, BoundColumn, BoundExpression, BoundOf, OperatorVisitor } from '../bound/plan.ts';
import { visitOperator } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import { logicalPlan } from '../plan-job.ts';

/**
 * The logical plan for people, an operator a line, its inputs below it: with names resolved, subqueries taken apart,
 * conditions where they act, joins in their order and only the columns that are needed. What is read by several stands
 * once, below.
 *
 * @throws SheafError as `planJob`
 */
export function explainLogical(plan: PlanNode, context: PlanContext): string {
  const { root, steps } = logicalPlan(plan, context);
  const shared = [...steps].flatMap(([name, step]) => [`step ${name}:`, ...treeLines(step).map(indented)]);
  return ['logical plan:', ...[...treeLines(root), ...shared].map(indented)].map((line) => `${line}\n`).join('');
}

const treeLines = (bound: Bound): string[] => [
  visitOperator(bound, texts, undefined),
  ...bound.inputs.flatMap((input) => treeLines(input).map(indented)),
];

const indented = (line: string): string => `  ${line}`;

const texts: OperatorVisitor<string, undefined> = {
  scan: (bound) => `scan ${filesText(bound)} ${columnsText(bound)}`,
  empty: () => 'no rows',
  dataset: (bound) => `dataset ${bound.operator.id} ${columnsText(bound)}`,
  filter: ({ operator }) => `filter ${operator.predicate.sql}${shareText(operator.share)}`,
  project: ({ operator }) => `select ${listOf(operator.columns)}`,
  call: ({ operator: { step } }) => `${step.mode} ${step.bundle.name}`,
  aggregate: ({ operator }) => `aggregate ${aggregateText(operator)}`,
  distinct: () => 'distinct',
  sort: ({ operator }) => `sort ${sqlOf(operator.keys)}`,
  limit: ({ operator: { limit, offset } }) => `limit ${limit ?? 'none'}${offset > 0 ? ` offset ${offset}` : ''}`,
  join: ({ operator: { type, condition, implied } }) =>
    `${type} join on ${condition.sql}${implied ? ' (follows from other conditions)' : ''}`,
  window: ({ operator }) => `window ${listOf(operator.columns)}`,
  union: () => 'union all',
  repartition: ({ operator: { partitions, keys } }) =>
    `repartition into ${partitions}${keys.length > 0 ? ` by ${sqlOf(keys)}` : ''}`,
  gather: ({ operator, inputs }) => `${gatherText(operator)}: ${operator.sql(inputs.map((_, i) => `input${i + 1}`))}`,
  write: ({ operator: { write } }) => `write ${write.format} to ${write.path} (${write.mode})`,
  extract: (bound) => `extract ${bound.operator.extract.connector} ${columnsText(bound)}`,
  step: ({ operator }) => `step ${operator.name}`,
  load: ({ operator: { load } }) =>
    `load ${load.outputs.map(({ name, sink }) => `${name} into ${sink.connector}`).join(', ')}`,
};

function filesText({ operator: { scan, splits } }: BoundOf<'scan'>): string {
  const [first = '', ...more] = scan.paths;
  const files = more.length === 0 ? basename(first) : `${basename(first)} and ${more.length} more`;
  return splits === undefined ? files : `${files}, what its statistics do not rule out,`;
}

function gatherText({ rowByRow, reason, known }: BoundOf<'gather'>['operator']): string {
  if (known) return 'values from the footers of files';
  return rowByRow ? 'query, row by row' : `query, gathered because ${reason}`;
}

const columnsText = ({ schema }: Bound): string => `(${schema.map(({ name }) => name).join(', ')})`;

/** As estimated from a sample. Of neighbouring conditions the first one has the share of all. */
function shareText(share = 1): string {
  if (share >= 0.995) return '';
  return share < 0.01 ? ', keeps less than 1 %' : `, keeps about ${Math.round(share * 100)} %`;
}

function aggregateText({ keys, aggregates, sets }: BoundOf<'aggregate'>['operator']): string {
  const by = keys.length === 0 ? '' : `by ${listOf(keys)}`;
  const all = aggregates.length === 0 ? [] : [listOf(aggregates)];
  return [...all, ...(by ? [by] : []), ...(sets === undefined ? [] : [`in ${sets.length} grouping sets`])].join(' ');
}

const listOf = (columns: readonly BoundColumn[]): string =>
  columns.map(({ sql, name }) => (sql === name || sql === `"${name}"` ? name : `${sql} AS ${name}`)).join(', ');

const sqlOf = (expressions: readonly BoundExpression[]): string => expressions.map(({ sql }) => sql).join(', ');
