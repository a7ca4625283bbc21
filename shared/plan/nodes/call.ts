import type { Schema } from '../../schema.ts';
import type { CallMode, FunctionRef } from '../../stage/function-step.ts';
import type { PlanNode } from '../node.ts';

/** Runs a TypeScript function over batches or rows. */
export interface CallNode {
  readonly kind: 'call';
  readonly input: PlanNode;
  readonly mode: CallMode;
  readonly function: FunctionRef;
  /** Columns that the function yields; absent for `filter`, which yields its input's. */
  readonly schema?: Schema;
  /** False if the author declared the function impure: another run may yield other rows. */
  readonly deterministic: boolean;
}
