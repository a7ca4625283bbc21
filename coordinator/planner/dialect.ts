import type { Schema } from '../../shared/schema.ts';
import type { AstNode } from '../../shared/sql/ast.ts';

/**
 * What the planner asks of DuckDB, so that it owns no grammar, no types and no I/O. Answers depend on the text alone.
 */
export interface Dialect {
  /**
   * The syntax tree of SELECT statements.
   * @throws SheafError `SQL_INVALID` with a caret below the place
   */
  parse(sql: string): AstNode;
  /** SQL text of a tree. */
  print(tree: AstNode): string;
  /**
   * Names and types of a SELECT that reads no table and no file.
   * @throws SheafError `SQL_INVALID`, `COLUMN_UNKNOWN`, … with a caret below the place
   */
  describe(sql: string): Schema;
  /**
   * The rows of a SELECT that reads no table and no file.
   * @throws SheafError as the query fails
   */
  evaluate(sql: string): readonly Readonly<Record<string, unknown>>[];
  readonly functions: FunctionCatalog;
}

/** What DuckDB knows of its functions. */
export interface FunctionCatalog {
  /** Also macros that are made of aggregates, for example `geomean`. */
  isAggregate(name: string): boolean;
  /** Another call with the same arguments may answer otherwise: `random`, `uuid`, `nextval`. */
  isVolatile(name: string): boolean;
}
