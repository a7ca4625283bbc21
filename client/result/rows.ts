import type { RecordBatch } from 'apache-arrow';
import type { SchemaSpec } from '../../shared/schema.ts';
import { viewOfData } from '../../shared/types/column-view.ts';
import { createReader } from '../../shared/types/readers/create-reader.ts';
import type { RowOf } from '../../shared/types/row.ts';

/** The rows of a batch as objects of their own, by the mapping of `RowOf`. */
export function* rowsOfBatch<S extends SchemaSpec>(batch: RecordBatch): Generator<RowOf<S>, void, undefined> {
  const columns = batch.schema.fields.map((field, place) => {
    const reader = createReader(field);
    const data = batch.data.children[place];
    if (data !== undefined) reader.bind(viewOfData(data));
    return [field.name, reader] as const;
  });
  for (let row = 0; row < batch.numRows; row++) {
    yield Object.fromEntries(columns.map(([name, reader]) => [name, reader.get(row)])) as RowOf<S>;
  }
}
