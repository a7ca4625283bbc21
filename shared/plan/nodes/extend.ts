import type { PlanNode } from '../node.ts';
import type { NamedExpression } from './expression.ts';

/** Yields the input's columns with these added, or replaced where the name exists. */
export interface ExtendNode {
  readonly kind: 'extend';
  readonly input: PlanNode;
  readonly columns: readonly NamedExpression[];
}
