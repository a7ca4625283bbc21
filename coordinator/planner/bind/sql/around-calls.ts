import { SheafError } from '../../../../shared/errors.ts';
import type { PlanNode } from '../../../../shared/plan/node.ts';
import type { Schema } from '../../../../shared/schema.ts';
import { onlyStatement } from '../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import type { Bound } from '../../bound/plan.ts';
import type { PlanContext } from '../../context.ts';
import { functionsByName } from '../../functions/calls.ts';
import { notPlaced } from '../../sql/calls/not-placed.ts';
import { type Placed, placeCalls, takenApart } from '../../sql/calls/place-calls.ts';
import { SqlLowering } from '../../sql/lower/lowering.ts';
import { bindProject } from '../narrow.ts';
import type { BindPlan, Question } from './question.ts';

/**
 * A question that is gathered but for the functions that it calls. @throws SheafError `NOT_SUPPORTED` where that cannot
 * be
 */
export function aroundCalls(
  question: Question,
  result: Schema,
  reason: string,
  context: PlanContext,
  bindPlan: BindPlan,
): Bound {
  const { tree, relations, functions } = question;
  const query = onlyStatement(tree) ?? {};
  const lowering = (): SqlLowering => new SqlLowering(tree, { relations, functions }, context, bindPlan);
  const apart = takenApart(query, lowering());
  const bound = (apart && boundApart(apart, bindPlan)) ?? boundWhole(placeCalls(query, lowering()));
  if (bound.schema.some(({ type }, i) => type !== result[i]?.type) || bound.schema.length !== result.length)
    throw new SheafError('INTERNAL', 'The columns of a question changed where its functions are called');
  const columns = bound.schema.map(({ name }, i) => ({ name: result[i]?.name ?? name, sql: quotedName(name) }));
  return bindProject(columns, bound, context);

  function boundWhole(placed: Placed): Bound {
    if ('call' in placed) throw notPlaced(placed.call, question, functionsByName(functions), reason);
    return bindPlan(placed.plan);
  }
}

/** Nothing where one of its parts finds no place for a call, either. */
function boundApart(plan: PlanNode, bindPlan: BindPlan): Bound | undefined {
  try {
    return bindPlan(plan);
  } catch (thrown) {
    if (thrown instanceof SheafError && thrown.code === 'NOT_SUPPORTED') return undefined;
    throw thrown;
  }
}
