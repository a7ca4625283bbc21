/** A scalar or aggregate expression in DuckDB's SQL with the column name that it yields. */
export interface NamedExpression {
  readonly name: string;
  readonly sql: string;
}
