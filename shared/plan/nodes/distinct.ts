import type { PlanNode } from '../node.ts';

/** Keeps one of each set of equal rows. */
export interface DistinctNode {
  readonly kind: 'distinct';
  readonly input: PlanNode;
}
