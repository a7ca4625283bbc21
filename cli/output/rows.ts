import type { Field, RecordBatch } from 'apache-arrow';
import { columnValues } from '../../client/format/value.ts';

/** A column's values as texts of an output format. */
type Cell = (value: unknown, field: Field) => string;

/** CSV with a header, after RFC 4180 except for its line ends: nulls are empty, text that needs it is quoted. */
export async function* csvLines(batches: AsyncIterable<RecordBatch>, text: Cell): AsyncGenerator<string> {
  const quoted = (value: string): string => (/[",\r\n]|^$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const cell: Cell = (value, field) => (value === null || value === undefined ? '' : quoted(text(value, field)));
  let header = true;
  for await (const batch of batches) {
    if (header) yield `${batch.schema.fields.map(({ name }) => quoted(name)).join(',')}\n`;
    header = false;
    for (const cells of rowsOf(batch, cell)) yield `${cells.join(',')}\n`;
  }
}

/** One JSON array with an object a line. */
export async function* jsonLines(batches: AsyncIterable<RecordBatch>, json: Cell): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const batch of batches) {
    const names = batch.schema.fields.map(({ name }) => JSON.stringify(name));
    for (const cells of rowsOf(batch, json)) {
      yield `${separator}  {${cells.map((cell, column) => `${names[column]}: ${cell}`).join(', ')}}`;
      separator = ',\n';
    }
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

function* rowsOf(batch: RecordBatch, cell: Cell): Generator<string[]> {
  const columns = columnValues(batch);
  for (let row = 0; row < batch.numRows; row += 1) yield columns.map(({ field, get }) => cell(get(row), field));
}
