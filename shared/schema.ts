/** Columns are named and typed in DuckDB's own words, so that every type it has can be said. */

/** One column: `type` is DuckDB's type text, for example `INTEGER`, `DECIMAL(18,3)`, `STRUCT(a INTEGER)[]`. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

/** Columns in their order. Names are unique without regard to case, as in DuckDB. */
export type Schema = readonly Column[];

/** A schema as a user writes it: `{ origin: 'varchar', delay: 'integer' } as const`. */
export type SchemaSpec = Readonly<Record<string, string>>;

/** The columns of a schema as a user writes it, in the order of its keys. */
export const toSchema = (spec: SchemaSpec): Schema => Object.entries(spec).map(([name, type]) => ({ name, type }));
