import type { PlanNode } from '../node.ts';
import type { SqlFunction } from './sql.ts';

/**
 * Checks rows by rules. Yields the input's columns and `_source`, `_position` (null where they have no meaning: a row
 * of an aggregate comes from many), `_rule` and `_reason` (null of a good row; else the first rule that it breaks), and
 * `_row` (a rejected row's columns as JSON, null of a good one).
 */
export interface JudgeNode {
  readonly kind: 'judge';
  readonly input: PlanNode;
  readonly rules: readonly RowOrKeyRule[];
}

/** What the node adds to the input's columns. */
export const verdictColumns = ['_source', '_position', '_rule', '_reason', '_row'] as const;

/** What every rule has. */
export interface NamedRule {
  /** For people and records: `between(status)`. Unique within its output. */
  readonly name: string;
}

/** A rule by which single rows are rejected. */
export type RowOrKeyRule = NamedRule & (RowRule | FunctionRule | UniqueRule | ForeignKeyRule);

/** Of a row by itself. */
export interface RowRule {
  readonly kind: 'row';
  /** The row is good if this is true, or null. */
  readonly sql: string;
  /** Columns whose values stand in the reason. */
  readonly columns: readonly string[];
  /** What is wrong with a row that breaks it, after the values: `is not between 100 and 599`. */
  readonly complaint: string;
}

/**
 * Of a row by itself, in TypeScript: the row is good if the function says true, or null. Its arguments are columns of
 * their names.
 */
export interface FunctionRule {
  readonly kind: 'function';
  readonly function: SqlFunction;
}

/**
 * Of rows with equal keys the first (by source and position) stays, the others are rejected. Keys with a null are good.
 */
export interface UniqueRule {
  readonly kind: 'unique';
  readonly columns: readonly string[];
}

/** The key is among the rows of another relation. Keys with a null are good. */
export interface ForeignKeyRule {
  readonly kind: 'foreignKey';
  readonly columns: readonly string[];
  readonly plan: PlanNode;
  readonly references: readonly string[];
}
