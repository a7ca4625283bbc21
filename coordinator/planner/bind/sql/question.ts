import type { PlanNode } from '../../../../shared/plan/node.ts';
import type { SqlFunction } from '../../../../shared/plan/nodes/sql.ts';
import type { Schema } from '../../../../shared/schema.ts';
import type { AstNode } from '../../../../shared/sql/ast.ts';
import type { Bound } from '../../bound/plan.ts';
import type { Relations, TableReference } from '../../sql/table-references.ts';

/** SQL text that was looked into: its tree, and the tables that it names. */
export interface Question {
  /** The user's own, with values in place of parameters. */
  readonly text: string;
  readonly relations: Relations;
  readonly functions: readonly SqlFunction[];
  /** Names of all TypeScript functions that the text could call. */
  readonly callable: readonly string[];
  readonly tree: AstNode;
  readonly references: readonly TableReference[];
  readonly schemas: readonly Schema[];
  /**
   * A column that only DuckDB's own readers have: the files are not scanned, and stand in the tree as they were
   * written.
   */
  readonly virtual?: string;
  /** Of the relations that stand for the tables. */
  readonly nameOf: (at: number) => string;
}

/** Plans in a question's text are bound in its context. */
export type BindPlan = (plan: PlanNode) => Bound;
