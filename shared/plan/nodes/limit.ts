import type { PlanNode } from '../node.ts';

/** Keeps `limit` rows (all if null) after leaving out the first `offset`. */
export interface LimitNode {
  readonly kind: 'limit';
  readonly input: PlanNode;
  readonly limit: number | null;
  readonly offset: number;
}
