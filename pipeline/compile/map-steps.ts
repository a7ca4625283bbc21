import type { PlanNode } from '../../shared/plan/node.ts';
import type { StepNode } from '../../shared/plan/nodes/step.ts';
import { mapInputs } from '../../shared/plan/walk.ts';

/** A plan with other plans in place of some of its steps, which are not looked into any further. */
export function mapSteps(plan: PlanNode, replace: (step: StepNode) => PlanNode | undefined): PlanNode {
  const replaced = plan.kind === 'step' ? replace(plan) : undefined;
  return replaced ?? mapInputs(plan, (input) => mapSteps(input, replace));
}
