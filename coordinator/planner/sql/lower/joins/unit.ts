import type { PlanNode } from '../../../../../shared/plan/node.ts';

/** One relation of those that a FROM clause joins without an order of their own. */
export interface Unit {
  readonly plan: PlanNode;
  /** Its columns in the plan, in lower case. */
  readonly names: ReadonlySet<string>;
}

/** A relation under the conditions that speak of it alone. */
export interface Sized extends Unit {
  readonly rows: number;
  readonly isFiltered: boolean;
}

/** Of a join that keeps rows without a match. */
export interface Sides {
  readonly left: Unit;
  readonly right: Unit;
}
