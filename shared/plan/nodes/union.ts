import type { PlanNode } from '../node.ts';

/** All rows of all inputs (UNION ALL), columns matched by position as in SQL. */
export interface UnionNode {
  readonly kind: 'union';
  readonly inputs: readonly PlanNode[];
}
