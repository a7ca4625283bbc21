import type { RecordBatch } from 'apache-arrow';
import { fromRecordBatch } from '../../shared/arrow/from-record-batch.ts';
import { flatSchema } from '../../shared/arrow/record-batch.ts';
import type { SchemaSpec } from '../../shared/schema.ts';
import type { RowOf } from '../../shared/types/row.ts';
import { createRowReader } from '../../shared/types/row-reader.ts';

/** The rows of a batch as objects of their own, by the mapping of `RowOf`. */
export function* rowsOfBatch<S extends SchemaSpec>(batch: RecordBatch): Generator<RowOf<S>, void, undefined> {
  const reader = createRowReader(flatSchema(batch.schema).fields);
  reader.bind(fromRecordBatch(batch));
  for (let row = 0; row < batch.numRows; row++) yield reader.row(row) as RowOf<S>;
}
