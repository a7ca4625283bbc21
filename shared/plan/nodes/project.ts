import type { PlanNode } from '../node.ts';
import type { NamedExpression } from './expression.ts';

/** Yields exactly these columns. */
export interface ProjectNode {
  readonly kind: 'project';
  readonly input: PlanNode;
  readonly columns: readonly NamedExpression[];
}
