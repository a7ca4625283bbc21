import type { PlanNode } from '../node.ts';

/** All rows of all inputs (UNION ALL), columns matched by position as in SQL, or by name. */
export interface UnionNode {
  readonly kind: 'union';
  readonly inputs: readonly PlanNode[];
  /** Columns of one name are one column; an input that lacks it has nulls there. */
  readonly byName?: true;
}
