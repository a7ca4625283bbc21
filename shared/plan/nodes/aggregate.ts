import type { PlanNode } from '../node.ts';
import type { NamedExpression } from './expression.ts';

/** Groups by the keys and yields keys, then aggregates. No keys: one row over everything. */
export interface AggregateNode {
  readonly kind: 'aggregate';
  readonly input: PlanNode;
  readonly keys: readonly NamedExpression[];
  /** Expressions over aggregate functions, for example `sum(a) / count(*)`. */
  readonly aggregates: readonly NamedExpression[];
  /**
   * GROUPING SETS: sets of keys by position, no two of them equal; a key that is not in a row's set is NULL. Absent:
   * all keys. Aggregates may ask `GROUPING(…)` of the keys' expressions.
   */
  readonly sets?: readonly (readonly number[])[];
}
