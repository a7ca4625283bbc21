import type { Schema } from '../../schema.ts';
import type { FunctionRef } from '../../stage/function-step.ts';
import type { PlanNode } from '../node.ts';
import type { NamedExpression } from './expression.ts';

/** A whole SELECT in DuckDB's SQL; files are named in it as `'…/file.parquet'`, with absolute paths. */
export interface SqlNode {
  readonly kind: 'sql';
  readonly text: string;
  /** Where a path in the text was made absolute: the literal as its author wrote it, for errors that show the text. */
  readonly paths?: readonly WrittenPath[];
  /** Other plans that the text names as its tables. */
  readonly relations?: readonly NamedPlan[];
  /** What `$name`, `$1` and `?` (by its number from 1) stand for, each as a literal. */
  readonly parameters?: readonly NamedExpression[];
  /**
   * The values of each PIVOT's column that names none, in the order of the text, null while they are unknown: the
   * coordinator looks them up before it plans the question.
   */
  readonly pivots?: readonly (readonly string[] | null)[];
  /** TypeScript functions that the text calls. */
  readonly functions?: readonly SqlFunction[];
  /** Names of all that it could call, for who misspells one. */
  readonly callable?: readonly string[];
}

/** A file's name in SQL text, quoted. */
export interface WrittenPath {
  readonly written: string;
  readonly absolute: string;
}

/** A TypeScript function under the name by which SQL calls it. */
export interface SqlFunction {
  readonly name: string;
  /**
   * `rows` and `batches` yield a value for each row, and see its arguments as an object or those of many rows as a
   * record batch; `aggregate` yields one for each group.
   */
  readonly kind: 'rows' | 'batches' | 'aggregate';
  /** What it calls its arguments, in the order of SQL, and their types. */
  readonly args: Schema;
  readonly returns: string;
  readonly function: FunctionRef;
  /** False if the author declared it impure. */
  readonly deterministic: boolean;
}

/** A plan under the name by which SQL text reads it. */
export interface NamedPlan {
  readonly name: string;
  readonly plan: PlanNode;
}
