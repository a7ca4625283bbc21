import type { PlanNode } from '../node.ts';

/**
 * Joins two inputs. `using` columns appear once, first; other equal names are an error. `semi` and `anti` yield rows of
 * the left side that have a match, or none.
 */
export interface JoinNode {
  readonly kind: 'join';
  readonly type: JoinType;
  readonly left: PlanNode;
  readonly right: PlanNode;
  readonly on: JoinCondition;
  /** A semi join that the planner adds: the rows that it leaves out, joins behind it leave out anyway. */
  readonly implied?: true;
}

/** Which rows a join yields. */
export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti' | AsofType;

/**
 * Each row of the left side meets the one row of the right side that is nearest by the condition's one inequality,
 * among those that its equalities allow. `asofLeft` keeps rows without one.
 */
export type AsofType = 'asof' | 'asofLeft';

/** How rows of two inputs match. */
export type JoinCondition =
  | { readonly kind: 'using'; readonly columns: readonly string[] }
  /** SQL over the aliases `l` and `r`, for example `l.origin = r.iata`. */
  | { readonly kind: 'condition'; readonly sql: string };
