import type { PlanNode } from '../node.ts';

/**
 * A named relation within a plan: all steps of one name are the same rows, computed once however many read them. Read
 * by one only, it is as if it were not there.
 */
export interface StepNode {
  readonly kind: 'step';
  /** Unique within the plan for this input. */
  readonly name: string;
  readonly input: PlanNode;
}
