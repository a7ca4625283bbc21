import { SheafError } from '../../shared/errors.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import { bind } from './bind/bind.ts';
import { type Bound, type BoundOf, inputOf, type OperatorVisitor, visitOperator } from './bound/plan.ts';
import { optimise, type SteppedPlan } from './bound/steps.ts';
import type { PlanContext } from './context.ts';
import { refine } from './refine/refine.ts';
import { planAggregate } from './rules/aggregate/aggregate.ts';
import { planDistinct } from './rules/distinct.ts';
import { planGather } from './rules/gather.ts';
import { planJoin } from './rules/join/join.ts';
import { planLoad } from './rules/load.ts';
import { planCall, planFilter, planProject } from './rules/narrow.ts';
import { planRepartition } from './rules/repartition.ts';
import { planDataset, planEmpty, planExtract, planScan } from './rules/scan.ts';
import { planLimit, planSort } from './rules/sort.ts';
import { planStep } from './rules/step.ts';
import { planUnion } from './rules/union.ts';
import { planWindow } from './rules/window.ts';
import { sinkOf } from './rules/write.ts';
import { Build } from './stages/build.ts';
import type { Fragment } from './stages/fragment.ts';
import type { StagedPlan } from './stages/staged-plan.ts';
import { planWhole } from './wide.ts';

export type { StagedPlan } from './stages/staged-plan.ts';

/**
 * Stages for a logical plan. Pure: equal plans in equal contexts give equal stages.
 *
 * @throws SheafError `COLUMN_UNKNOWN`, `TABLE_UNKNOWN`, `SQL_INVALID`, `SCHEMA_MISMATCH`, `PLAN_INVALID`,
 * `NOT_SUPPORTED`
 */
export function planJob(plan: PlanNode, context: PlanContext): StagedPlan {
  return planWhole(plan, context, { prepare, stagesOf }) ?? stagesOf(logicalPlan(plan, context), context);
}

/**
 * What is to be done, before anyone decides in which stages: bound, optimised, and without what statistics rule out.
 *
 * @throws SheafError as `planJob`
 */
export const logicalPlan = (plan: PlanNode, context: PlanContext): SteppedPlan =>
  refine(prepare(plan, context), context);

const prepare = (plan: PlanNode, context: PlanContext): SteppedPlan => optimise(bind(plan, context));

function stagesOf({ root, steps }: SteppedPlan, context: PlanContext): StagedPlan {
  const build = new Build(context, (node, build) => visitOperator(node, rules, build), steps);
  if (isLoad(root))
    return finished(build, planLoad(root, build), { kind: 'exchange', partitioning: { kind: 'single' } });
  if (root.operator.kind !== 'write') {
    const partitioning = { kind: 'single' } as const;
    return finished(build, build.plan(root), { kind: 'exchange', partitioning });
  }
  const { file, staged } = sinkOf(root.operator.write, context.run);
  const plain = finished(build, build.plan(inputOf(root)), { kind: 'file', sink: file });
  return { ...plain, sink: staged };
}

const isLoad = (bound: Bound): bound is BoundOf<'load'> => bound.operator.kind === 'load';

function finished(build: Build, fragment: Fragment, output: Parameters<Build['close']>[1]): StagedPlan {
  const labels = output.kind === 'file' ? [...fragment.labels, `write ${output.sink.format}`] : fragment.labels;
  const finalStage = build.close({ ...fragment, labels }, output);
  const { stages, choices, notes } = build;
  return { stages, finalStage, schema: fragment.schema, choices, notes };
}

const rules: OperatorVisitor<Fragment, Build> = {
  scan: planScan,
  empty: planEmpty,
  dataset: planDataset,
  filter: planFilter,
  project: planProject,
  call: planCall,
  aggregate: planAggregate,
  distinct: planDistinct,
  sort: planSort,
  limit: planLimit,
  join: planJoin,
  union: planUnion,
  repartition: planRepartition,
  gather: planGather,
  window: planWindow,
  extract: planExtract,
  step: planStep,
  load: insideAPlan,
  write: insideAPlan,
};

function insideAPlan({ operator }: Bound): never {
  throw new SheafError('PLAN_INVALID', `A ${operator.kind} stands inside a plan`, {
    next: 'Write the result of a plan as its last step.',
  });
}
