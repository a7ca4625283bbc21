import type { PlanNode } from '../node.ts';
import type { NamedExpression } from './expression.ts';

/** A whole SELECT in DuckDB's SQL; files are named in it as `'…/file.parquet'`, with absolute paths. */
export interface SqlNode {
  readonly kind: 'sql';
  readonly text: string;
  /** Other plans that the text names as its tables. */
  readonly relations?: readonly NamedPlan[];
  /** What `$name`, `$1` and `?` (by its number from 1) stand for, each as a literal. */
  readonly parameters?: readonly NamedExpression[];
}

/** A plan under the name by which SQL text reads it. */
export interface NamedPlan {
  readonly name: string;
  readonly plan: PlanNode;
}
