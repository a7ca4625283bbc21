import type { Batch } from '../../shared/arrow/batch.ts';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import { type Schema, type SchemaSpec, toSchema } from '../../shared/schema.ts';
import { toArrowSchema } from '../../shared/types/arrow-schema.ts';
import { BadValue } from '../../shared/types/builders/column-builder.ts';
import { createRowBuilder, type RowBuilder } from '../../shared/types/row-builder.ts';
import { inferSchema } from './infer.ts';
import type { OpenSource } from './open-source.ts';

type Rows = AsyncGenerator<unknown, void, undefined>;

/**
 * Rows as record batches.
 *
 * @param spec the columns; without it they are found from the first `schemaSampleRows` rows, and rows may lack some
 * @throws SheafError `SCHEMA_MISMATCH` while the batches are read, naming the row and the column that do not fit
 */
export async function rowBatches(rows: Rows, spec: SchemaSpec | undefined, config: Config): Promise<OpenSource> {
  if (spec !== undefined) return built(toSchema(spec), rows, config);
  const first = await taken(rows, config.schemaSampleRows);
  const columns = inferSchema(first);
  return built(columns, completed(columns, followed(first, rows)), config);
}

function built(columns: Schema, rows: AsyncIterable<unknown>, config: Config): OpenSource {
  const schema = toArrowSchema(columns);
  const limits = { batchRowsMax: config.uploadBatchRows, batchBytesMax: config.uploadMessageBytesMax };
  return { schema, batches: batchesOf(createRowBuilder(columns, schema.fields, limits), rows) };
}

async function* batchesOf(builder: RowBuilder, rows: AsyncIterable<unknown>): AsyncGenerator<Batch, void, undefined> {
  let number = 0;
  for await (const row of rows) {
    append(builder, row, number++);
    yield* builder.take(false);
  }
  yield* builder.take(true);
}

function append(builder: RowBuilder, row: unknown, number: number): void {
  try {
    builder.append(row);
  } catch (thrown) {
    if (!(thrown instanceof BadValue)) throw thrown;
    const { column, expected, value } = thrown;
    const place = column === '' ? `Row ${number}` : `Row ${number}, column ${column}`;
    throw new SheafError('SCHEMA_MISMATCH', `${place} of a dataset should be ${expected}, but is ${shown(value)}`, {
      cause: thrown,
      next: 'Correct the value, or give the columns with their types: cluster.from(rows, { schema }).',
      details: { row: number, column },
    });
  }
}

const shown = (value: unknown): string => {
  const text = typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value);
  return typeof value === 'string' ? JSON.stringify(text.slice(0, 100)) : text.slice(0, 100);
};

async function taken(rows: Rows, count: number): Promise<unknown[]> {
  const first: unknown[] = [];
  while (first.length < count) {
    const next = await rows.next();
    if (next.done) break;
    first.push(next.value);
  }
  return first;
}

async function* followed(first: readonly unknown[], rows: Rows): Rows {
  try {
    yield* first;
    yield* rows;
  } finally {
    await rows.return();
  }
}

/** Columns that a row lacks are null. */
async function* completed(columns: Schema, rows: Rows): Rows {
  const empty = Object.fromEntries(columns.map(({ name }) => [name, null]));
  for await (const row of rows) {
    const isWhole = typeof row !== 'object' || row === null || Object.keys(row).length === columns.length;
    yield isWhole ? row : { ...empty, ...row };
  }
}
