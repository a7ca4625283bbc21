import type { PlanNode } from '../node.ts';

/** Keeps the rows for which the SQL predicate is true. */
export interface FilterNode {
  readonly kind: 'filter';
  readonly input: PlanNode;
  readonly predicate: string;
}
