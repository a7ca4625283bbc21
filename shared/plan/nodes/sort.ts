import type { PlanNode } from '../node.ts';

/** Orders all rows. */
export interface SortNode {
  readonly kind: 'sort';
  readonly input: PlanNode;
  /** SQL as after ORDER BY, for example `flights desc nulls last`. */
  readonly keys: readonly string[];
}
