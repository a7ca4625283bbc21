import type { Field } from 'apache-arrow';
import type { Batch } from '../../arrow/batch.ts';
import { layoutsOf } from '../../arrow/layout.ts';
import { type Placed, placed } from '../../arrow/placed.ts';
import { assert, SheafError } from '../../errors.ts';
import { duckdb } from '../native/api.ts';
import type { Address } from '../native/library.ts';
import { logicalTypes } from './converted-schema.ts';
import type { Input } from './input.ts';

/** An input as the table function of this thread knows it, for the life of a query. */
export class BoundInput implements Disposable {
  readonly id: number;
  readonly fields: readonly Field[];
  readonly columns: readonly Placed[];
  /** DuckDB's logical types of the fields. */
  readonly types: readonly Address[];
  readonly connection: Address;
  readonly heldBytesMax: number;
  readonly #input: Input;
  #error: SheafError | undefined;

  constructor(connection: Address, input: Input, heldBytesMax: number) {
    assert(input.schema.fields.length > 0, 'an input has columns');
    this.connection = connection;
    this.#input = input;
    this.heldBytesMax = heldBytesMax;
    this.fields = input.schema.fields;
    this.columns = placed(layoutsOf(this.fields));
    this.types = logicalTypes(connection, this.fields, this.columns);
    this.id = ++lastId;
    boundInputs.set(this.id, this);
  }

  get rows(): number | undefined {
    return this.#input.rows;
  }

  get owned(): boolean {
    return this.#input.owned ?? false;
  }

  open(): Iterator<Batch> {
    return this.#input.open();
  }

  /** Keeps what a callback threw, and returns what DuckDB is to be told. */
  fail(thrown: unknown): string {
    this.#error ??= SheafError.from(thrown);
    return this.#error.message;
  }

  /** The first error of a callback since the last call, as it was thrown. */
  takeError(): SheafError | undefined {
    const error = this.#error;
    this.#error = undefined;
    return error;
  }

  [Symbol.dispose](): void {
    boundInputs.delete(this.id);
    for (const type of this.types) duckdb.destroyType([type]);
  }
}

const boundInputs = new Map<number, BoundInput>();
let lastId = 0;

/** An input that is bound on this thread. */
export const boundInput = (id: number): BoundInput | undefined => boundInputs.get(id);
