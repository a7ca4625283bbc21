import { SheafError } from '../../../shared/errors.ts';
import { type PlanNode, type PlanOf, type PlanVisitor, visit } from '../../../shared/plan/node.ts';
import type { Bound, BoundOf } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import { bindAggregate } from './aggregate.ts';
import { bindJoin } from './join.ts';
import { bindJudge } from './judge.ts';
import { bindExtend, bindFilter, bindProject } from './narrow.ts';
import { bindExtract, bindLoad, bindStep, boundStep } from './pipeline.ts';
import { sourceOf } from './source.ts';
import { bindSql } from './sql/sql.ts';
import { bindLimit, bindRepartition, bindSort, bindUnion } from './wide.ts';
import { bindWindow } from './window.ts';

/**
 * Resolves every name and type of a logical plan.
 *
 * @throws SheafError `COLUMN_UNKNOWN` with the nearest names, `SQL_INVALID`, `SCHEMA_MISMATCH`, `PLAN_INVALID`
 */
export function bind(node: PlanNode, context: PlanContext): Bound {
  const bounds = known.get(context) ?? new WeakMap<PlanNode, Bound>();
  known.set(context, bounds);
  const bound = bounds.get(node) ?? visit(node, binders, context);
  bounds.set(node, bound);
  return bound;
}

/** SQL asks for the columns of the plans that it reads before it is taken apart, at each level again. */
const known = new WeakMap<PlanContext, WeakMap<PlanNode, Bound>>();

const binders: PlanVisitor<Bound, PlanContext> = {
  scan: (node, context) => ({
    operator: { kind: 'scan', scan: node },
    schema: sourceOf(node, context).schema,
    inputs: [],
  }),
  dataset: ({ id, schema }) => ({ operator: { kind: 'dataset', id }, schema, inputs: [] }),
  filter: (node, context) => bindFilter(node, bind(node.input, context), context),
  project: (node, context) => bindProject(node.columns, bind(node.input, context), context),
  extend: (node, context) => bindExtend(node, bind(node.input, context), context),
  call: (node, context) => bindCall(node, bind(node.input, context)),
  aggregate: (node, context) => bindAggregate(node, bind(node.input, context), context),
  distinct: (node, context) => like({ kind: 'distinct' }, bind(node.input, context)),
  sort: (node, context) => bindSort(node, bind(node.input, context), context),
  limit: (node, context) => bindLimit(node, bind(node.input, context)),
  join: (node, context) => bindJoin(node, bind(node.left, context), bind(node.right, context), context),
  union: (node, context) =>
    bindUnion(
      node,
      node.inputs.map((input) => bind(input, context)),
      context,
    ),
  repartition: (node, context) => bindRepartition(node, bind(node.input, context), context),
  sql: (node, context) => bindSql(node, context, bind),
  window: (node, context) => bindWindow(node, bind(node.input, context), context),
  extract: (node, context) => bindExtract(node, context, (plan) => bind(plan, context)),
  step: (node, context) => bindStep(node, context, (plan) => bind(plan, context)),
  judge: (node, context) =>
    bindJudge(node, { context, bindPlan: (plan) => bind(plan, context), planOf: (bound) => boundStep(bound, context) }),
  load: (node, context) => bindLoad(node, (plan) => bind(plan, context)),
  write: (node, context) => like({ kind: 'write', write: node }, bind(node.input, context)),
};

const like = <O extends Bound['operator']>(operator: O, input: Bound): Bound<O> => ({
  operator,
  schema: input.schema,
  inputs: [input],
});

function bindCall(node: PlanOf<'call'>, input: Bound): BoundOf<'call'> {
  const schema = node.mode === 'filter' ? input.schema : node.schema;
  if (schema === undefined || schema.length === 0) {
    throw new SheafError('PLAN_INVALID', `The function ${node.function.name} does not say which columns it yields`, {
      next: 'Pass { schema: { name: "type", … } } with the function.',
    });
  }
  const step = { kind: 'function' as const, mode: node.mode, bundle: node.function, schema };
  return { operator: { kind: 'call', step, deterministic: node.deterministic }, schema, inputs: [input] };
}
