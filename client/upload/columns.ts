import type { Schema as ArrowSchema } from 'apache-arrow';
import type { Schema } from '../../shared/schema.ts';
import { duckdbType } from '../../shared/types/duckdb-type.ts';

/**
 * An Arrow schema in DuckDB's words: the types that DuckDB reads such columns as.
 *
 * @throws SheafError `NOT_SUPPORTED` naming a column that it cannot read
 */
export const toColumns = (schema: ArrowSchema): Schema =>
  schema.fields.map((field) => ({ name: field.name, type: duckdbType(field, 'INTEGER') }));
