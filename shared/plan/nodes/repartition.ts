import type { PlanNode } from '../node.ts';

/** Spreads rows anew: by the hash of `keys` (SQL), or in turn where there are none. */
export interface RepartitionNode {
  readonly kind: 'repartition';
  readonly input: PlanNode;
  readonly partitions: number;
  readonly keys: readonly string[];
}
