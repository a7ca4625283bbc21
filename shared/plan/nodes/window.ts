import type { PlanNode } from '../node.ts';
import type { NamedExpression } from './expression.ts';

/**
 * Adds columns, each an expression that may hold window functions:
 * `row_number() OVER (PARTITION BY origin ORDER BY date)`.
 */
export interface WindowNode {
  readonly kind: 'window';
  readonly input: PlanNode;
  readonly columns: readonly NamedExpression[];
}
