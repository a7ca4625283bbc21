import type { Field } from 'apache-arrow';
import type { Placed } from '../../arrow/placed.ts';
import { duckdb } from '../native/api.ts';
import { check } from '../native/error-data.ts';
import type { Address, Out } from '../native/library.ts';
import { Block, type NumberAddress, wordAt } from '../native/memory.ts';
import { tableFunctions } from '../native/table-function-api.ts';
import { ArrayWriter } from './array-writer.ts';
import { finish, hold } from './holds.ts';
import { SchemaWriter } from './schema-writer.ts';

/** Arrow fields as DuckDB understands them, for turning arrays of an `ArrayWriter` into chunks. */
export class ConvertedSchema implements Disposable {
  readonly #handle: Out = [null];
  readonly #connection: number;
  readonly #slot = new Block(8);
  readonly #words: Uint32Array;

  /** @throws SheafError see `duckdbError`: for Arrow types that DuckDB does not take */
  constructor(connection: Address, fields: readonly Field[]) {
    this.#connection = Number(connection);
    this.#words = new Uint32Array(this.#slot.bytes.buffer);
    check(tableFunctions.schemaFromArrow(connection, new SchemaWriter(fields).address, this.#handle));
  }

  /** Calls `use` with the vector of the row, a struct of the fields, and destroys its chunk. */
  convert(array: NumberAddress, use: (row: NumberAddress) => void): void {
    check(tableFunctions.chunkFromArrow(this.#connection, array, Number(this.#handle[0] ?? 0n), this.#slot.address));
    const chunk = wordAt(this.#words, 0);
    try {
      use(tableFunctions.vector(chunk, 0));
    } finally {
      duckdb.destroyChunk(this.#slot.address);
    }
  }

  [Symbol.dispose](): void {
    tableFunctions.destroyConvertedSchema(this.#handle);
  }
}

/** DuckDB's logical types for Arrow fields, each to be destroyed by the caller: found by converting no rows. */
export function logicalTypes(connection: Address, fields: readonly Field[], columns: readonly Placed[]): Address[] {
  using schema = new ConvertedSchema(connection, fields);
  const writer = new ArrayWriter(columns);
  const empty = { rows: 0, nodes: [], buffers: [] };
  const held = hold(empty, Number.MAX_SAFE_INTEGER);
  writer.bind(empty, held);
  writer.window(0, 0);
  held.arrays++;
  const types: Address[] = [];
  try {
    schema.convert(writer.address, (row) => {
      for (let i = 0; i < fields.length; i++) types.push(tableFunctions.vectorType(tableFunctions.structChild(row, i)));
    });
  } finally {
    if (!writer.taken) held.arrays--;
    finish(held);
  }
  return types;
}
