import type { PlanNode, PlanOf } from '../../../../shared/plan/node.ts';
import type { Bound } from '../../bound/plan.ts';
import type { PlanContext } from '../../context.ts';
import { callsOfElements, functionsByName, hasCall } from '../../functions/calls.ts';
import { contextOf, unlessFailedBefore } from '../../functions/failed-before.ts';
import { liftFunctions } from '../../functions/lift.ts';
import { notPlaced } from '../../sql/calls/not-placed.ts';
import { aroundCalls } from './around-calls.ts';
import { columnsAsWritten } from './as-written.ts';
import { describeQuestion } from './describe-question.ts';
import { gather } from './gathered.ts';
import { lookInto } from './look-into.ts';
import { lower } from './lowered.ts';
import type { BindPlan } from './question.ts';

/**
 * A whole SELECT: what is understood of it becomes operators; of anything else the tables are made in parallel, and the
 * query runs over them in one task.
 *
 * @throws SheafError `SQL_INVALID` with a caret, `COLUMN_UNKNOWN` and `TABLE_UNKNOWN` with the nearest names
 */
export function bindSql(
  node: PlanOf<'sql'>,
  context: PlanContext,
  bindIn: (plan: PlanNode, context: PlanContext) => Bound,
): Bound {
  const inner = contextOf(node, context);
  return unlessFailedBefore(node, inner, () => bindQuestion(node, context, inner, (plan) => bindIn(plan, inner)));
}

/** @param inner the context in which DuckDB knows the functions, which `bindPlan` is for */
function bindQuestion(node: PlanOf<'sql'>, context: PlanContext, inner: PlanContext, bindPlan: BindPlan): Bound {
  const functions = functionsByName(node.functions);
  const question = lookInto(node, inner, bindPlan);
  const result = columnsAsWritten(describeQuestion(question, inner), node.paths);
  const [element] = callsOfElements(question.tree, functions);
  if (element !== undefined) throw notPlaced(element, question, functions, 'a lambda');
  const lowered = context.whole ? 'it reads little' : lower(question, result, inner, bindPlan);
  if (typeof lowered !== 'string') return liftFunctions(lowered, functions, context);
  if (hasCall(question.tree, functions)) return aroundCalls(question, result, lowered, inner, bindPlan);
  return gather(question, result, lowered, context, bindPlan);
}
