import { type Schema as ArrowSchema, RecordBatch, Table } from 'apache-arrow';
import type { Batch } from '../../shared/arrow/batch.ts';
import { fromRecordBatch } from '../../shared/arrow/from-record-batch.ts';
import { flatSchema } from '../../shared/arrow/record-batch.ts';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import type { SchemaSpec } from '../../shared/schema.ts';
import type { OpenSource } from './open-source.ts';
import { rowBatches } from './rows.ts';

/** A row as an object: values by column name. */
export type InputRow = Readonly<Record<string, unknown>>;

/** What `cluster.from` takes. */
export type Input = Table | Iterable<RecordBatch | InputRow> | AsyncIterable<RecordBatch | InputRow>;

/** The schema of rows of a TypeScript type, as far as it says: by the rules for rows without a schema. */
export type SchemaOfInput<Row> = string extends keyof Row
  ? SchemaSpec
  : { readonly [Name in keyof Row & string]: TypeOfInput<NonNullable<Row[Name]>> };

type TypeOfInput<Value> = [Value] extends [string]
  ? 'varchar'
  : [Value] extends [number]
    ? 'double'
    : [Value] extends [bigint]
      ? 'bigint'
      : [Value] extends [boolean]
        ? 'boolean'
        : [Value] extends [Date]
          ? 'timestamp'
          : [Value] extends [Uint8Array]
            ? 'blob'
            : 'unknown';

/** A dataset that this process holds, until an action opens it. */
export interface LocalSource {
  /**
   * Reads just far enough to know the schema.
   *
   * @throws SheafError `PLAN_INVALID` if it can be read only once and was, or if it is empty and has no schema
   */
  open(): Promise<OpenSource>;
}

/** @param schema the columns to read rows as; batches bring their own */
export function sourceOf(input: Input, schema: SchemaSpec | undefined, config: Config): LocalSource {
  if (input instanceof Table) return { open: async () => flatBatches(input.schema, toAsync(input.batches)) };
  let used = false;
  return {
    open: async () => {
      const iterator = iteratorOf(input);
      if (iterator === (input as unknown)) {
        if (used) throw readTwice();
        used = true;
      }
      return openIterator(iterator, schema, config);
    },
  };
}

type Item = RecordBatch | InputRow;
type Items = AsyncIterator<Item> | Iterator<Item>;

const iteratorOf = (input: Exclude<Input, Table>): Items =>
  Symbol.asyncIterator in input ? input[Symbol.asyncIterator]() : input[Symbol.iterator]();

async function openIterator(iterator: Items, schema: SchemaSpec | undefined, config: Config): Promise<OpenSource> {
  const first = await iterator.next();
  if (first.done && schema === undefined) throw isEmpty();
  const items = resumed(first, iterator);
  if (first.value instanceof RecordBatch) return flatBatches(first.value.schema, items);
  return rowBatches(items, schema, config);
}

/** The items of an iterator whose first was already taken. Leaving the loop ends the iterator. */
async function* resumed(first: IteratorResult<Item, unknown>, iterator: Items): AsyncGenerator<Item, void, undefined> {
  try {
    for (let next = first; !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

const flatBatches = (schema: ArrowSchema, items: AsyncIterable<Item>): OpenSource => ({
  schema: flatSchema(schema),
  batches: flattened(schema, items),
});

async function* flattened(schema: ArrowSchema, items: AsyncIterable<Item>): AsyncGenerator<Batch, void, undefined> {
  const expected = typesOf(schema);
  for await (const item of items) {
    if (!(item instanceof RecordBatch)) throw mixed();
    if (typesOf(item.schema) !== expected) throw otherSchema(expected, typesOf(item.schema));
    yield fromRecordBatch(item);
  }
}

const typesOf = (schema: ArrowSchema): string => flatSchema(schema).fields.map(String).join(', ');

async function* toAsync<T>(items: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* items;
}

const readTwice = (): SheafError =>
  new SheafError('PLAN_INVALID', 'A dataset was given as an iterator, which can be read only once, and has been read', {
    next: 'Give an array, a table, or an object whose [Symbol.asyncIterator]() starts anew; or write it to files first.',
  });

const isEmpty = (): SheafError =>
  new SheafError('PLAN_INVALID', 'A dataset without rows needs a schema', {
    next: "Say its columns: cluster.from(rows, { schema: { code: 'varchar' } }).",
  });

const mixed = (): SheafError =>
  new SheafError('PLAN_INVALID', 'A dataset that begins with record batches goes on with something else', {
    next: 'Give only record batches, or only rows.',
  });

const otherSchema = (expected: string, found: string): SheafError =>
  new SheafError('SCHEMA_MISMATCH', `A record batch of a dataset has the columns ${found}, the first had ${expected}`, {
    next: 'Give batches of one schema.',
  });
