import { type Schema as ArrowSchema, RecordBatch, Table, Vector } from 'apache-arrow';
import type { Batch } from '../../shared/arrow/batch.ts';
import { toRecordBatch } from '../../shared/arrow/record-batch.ts';
import type { Schema } from '../../shared/schema.ts';
import { BadValue, eachRow } from '../../shared/types/builders/column-builder.ts';
import {
  type BatchLimits,
  createBuilders,
  createRowBuilder,
  type RowBuilder,
  takeBatch,
} from '../../shared/types/row-builder.ts';
import { batchesOf, castBatch, checkNames, valuesOf } from './cast-batch.ts';

/** What functions over batches return, as batches of the declared schema. */
export class BatchResults {
  readonly #schema: Schema;
  readonly #fields: ArrowSchema['fields'];
  readonly #rows: RowBuilder;

  constructor(schema: Schema, arrow: ArrowSchema, limits: BatchLimits) {
    this.#schema = schema;
    this.#fields = arrow.fields;
    this.#rows = createRowBuilder(schema, arrow.fields, limits);
  }

  /**
   * Takes one result: a record batch, a table, rows, or columns. Rows are collected until a batch is full.
   *
   * @throws BadValue for anything else, and for what the schema does not take
   */
  *add(result: unknown): Generator<Batch> {
    if (result instanceof RecordBatch || result instanceof Table) {
      yield* this.end();
      for (const batch of batchesOf(result)) {
        if (batch.numRows > 0) yield castBatch(batch, this.#schema, this.#fields);
      }
    } else if (isIterable(result)) {
      eachRow(result, (row) => this.#rows.append(row));
      yield* this.#rows.take(false);
    } else if (isColumns(result)) {
      yield* this.end();
      yield* this.#columns(result);
    } else throw new BadValue('', 'a record batch, a table, rows, or an object of columns', result);
  }

  /** What an async generator yielded: each item a part of the result, or a single row. */
  *addItems(items: readonly unknown[]): Generator<Batch> {
    for (const item of items) {
      const isPart = item instanceof RecordBatch || item instanceof Table || isIterable(item);
      yield* this.add(isPart ? item : [item]);
    }
  }

  /** Rows that are left. */
  *end(): Generator<Batch> {
    yield* this.#rows.take(true);
  }

  *#columns(columns: Readonly<Record<string, ArrayLike<unknown>>>): Generator<Batch> {
    checkNames(Object.keys(columns), this.#schema);
    const rows = columns[this.#schema[0]?.name ?? '']?.length ?? 0;
    const builders = createBuilders(this.#schema, this.#fields);
    this.#schema.forEach(({ name, type }, i) => {
      const values = columns[name];
      if (values?.length !== rows) throw new BadValue(name, `${rows} values of ${type} as in the first column`, values);
      // A vector has a length, but no elements of its own.
      const each = values instanceof Vector ? valuesOf(values) : Array.prototype.values.call(values);
      eachRow(each, (value) => builders[i]?.append(value));
    });
    if (rows > 0) yield takeBatch(builders);
  }
}

/** A batch as the function sees it. */
export const recordBatchOf = (batch: Batch, schema: ArrowSchema): RecordBatch => toRecordBatch(schema, batch);

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value;

/** An object whose every value is an array, a typed array or an Arrow vector. */
const isColumns = (value: unknown): value is Readonly<Record<string, ArrayLike<unknown>>> =>
  typeof value === 'object' && value !== null && !('then' in value) && Object.values(value).every(isArrayLike);

const isArrayLike = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'length' in value && typeof value.length === 'number';
