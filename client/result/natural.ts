import {
  Data,
  DataType,
  Decimal,
  Field,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { type ValueKind, valueKindOf } from '../../shared/types/value-kind.ts';
import { rowsOfBatch } from './rows.ts';

/**
 * A result as users of `apache-arrow` expect it. DuckDB's own types travel as plain bytes with their names beside them;
 * `sum` of integers is such a one. Here a HUGEINT becomes a Decimal of 38 digits (the same bits), a UUID its text.
 * Inside nested values they stay as they are.
 */
export function naturalBatch(batch: RecordBatch): RecordBatch {
  const fields = batch.schema.fields.map(naturalField);
  if (fields.every((field, index) => field === batch.schema.fields[index])) return batch;
  const schema = new Schema(fields, batch.schema.metadata);
  const children = fields.map((field, index) => naturalData(batch, field, index));
  const type = new Struct(fields);
  return new RecordBatch(schema, makeData({ type, length: batch.numRows, nullCount: 0, children }));
}

/** The schema of results as users get them: see {@link naturalBatch}. */
export const naturalSchema = ({ fields, metadata }: Schema): Schema => new Schema(fields.map(naturalField), metadata);

function naturalField(field: Field): Field {
  const type = naturalType(valueKindOf(field));
  return type ? new Field(field.name, type, field.nullable) : field;
}

function naturalType(kind: ValueKind): DataType | undefined {
  if (kind.kind === 'huge' && kind.signed) return new Decimal(0, 38, 128);
  return kind.kind === 'uuid' ? new Utf8() : undefined;
}

function naturalData(batch: RecordBatch, { type }: Field, index: number): Data {
  const data = batch.data.children[index] as Data;
  if (DataType.isDecimal(type) && !DataType.isDecimal(data.type)) {
    const { buffer, byteOffset, byteLength } = data.values as Uint8Array;
    const words = new Uint32Array(buffer, byteOffset, byteLength / 4);
    return new Data(type, data.offset, data.length, data.nullCount, [undefined, words, data.nullBitmap]);
  }
  if (DataType.isUtf8(type) && !DataType.isUtf8(data.type)) return textData(batch.schema.fields[index] as Field, data);
  return data;
}

function textData(field: Field, column: Data): Data {
  const type = new Struct([field]);
  const data = makeData({ type, length: column.length, nullCount: 0, children: [column] });
  const rows = rowsOfBatch(new RecordBatch(new Schema([field]), data));
  const texts = Array.from(rows, (row) => (row as Record<string, string | null>)[field.name]);
  return vectorFromArray(texts, new Utf8()).data[0] as Data;
}
