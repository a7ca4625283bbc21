import type { RecordBatch } from 'apache-arrow';
import type { SchemaSpec } from '../../shared/schema.ts';
import type { RowOf } from '../../shared/types/row.ts';

/** The rows of a batch as objects. */
export function* rowsOfBatch<S extends SchemaSpec>(batch: RecordBatch): Generator<RowOf<S>> {
  for (const row of batch) yield row.toJSON() as RowOf<S>;
}
