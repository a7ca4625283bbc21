import type { PlanNode } from '../node.ts';

/** Joins two inputs. `using` columns appear once, first; other equal names are an error. */
export interface JoinNode {
  readonly kind: 'join';
  readonly type: 'inner' | 'left';
  readonly left: PlanNode;
  readonly right: PlanNode;
  readonly on: JoinCondition;
}

export type JoinCondition =
  | { readonly kind: 'using'; readonly columns: readonly string[] }
  /** SQL over the aliases `l` and `r`, for example `l.origin = r.iata`. */
  | { readonly kind: 'condition'; readonly sql: string };
