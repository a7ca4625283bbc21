import type { Schema as ArrowSchema } from 'apache-arrow';
import type { Batch } from '../arrow/batch.ts';
import { type Layout, layoutsOf } from '../arrow/layout.ts';
import { kernelSettings } from '../config/sections/kernel.ts';
import type { Schema } from '../schema.ts';
import { duckdb } from './api.ts';
import { schemaOf } from './arrow-schema.ts';
import { BoundInputs, type InputConnection } from './bound-inputs.ts';
import type { Input } from './input.ts';
import type { Address, Out } from './library.ts';
import type { Prepared } from './prepared.ts';
import { type BatchLimits, Stream } from './stream.ts';
import { prepareForWire, withTypes } from './wire.ts';

export interface QueryOptions extends Partial<BatchLimits> {
  /** Batches that the SQL reads as views of these names. */
  readonly inputs?: Readonly<Record<string, Input>>;
  /** What DuckDB may hold of input batches at a time. */
  readonly inputHeldBytesMax?: number;
}

/** What a query needs of its connection. */
export interface QueryConnection extends InputConnection {
  idle(): Address;
  claim(): Disposable;
}

/** A prepared query whose rows come as batches. Each iteration runs it anew; leaving an iteration ends the run. */
export class Query implements Disposable, Iterable<Batch> {
  /** As Arrow, extension types and all. A type that travels as another stands in the field's metadata: see `typeKey`. */
  readonly schema: ArrowSchema;
  /** In DuckDB's words. */
  readonly columns: Schema;
  readonly #connection: QueryConnection;
  readonly #statement: Prepared;
  readonly #arrowOptions: Address;
  readonly #layouts: readonly Layout[];
  readonly #limits: BatchLimits;
  readonly #scope: DisposableStack;
  readonly #inputs: BoundInputs;
  readonly #runs = new Set<Generator>();

  constructor(connection: QueryConnection, sql: string, options: QueryOptions) {
    using scope = new DisposableStack();
    this.#inputs = scope.use(bindInputs(connection, options));
    const [statement, columns] = this.#inputs.guard(() => prepareForWire(connection, sql));
    this.#connection = connection;
    this.#statement = scope.use(statement);
    this.#arrowOptions = scope.adopt(arrowOptions(connection), (address) => duckdb.destroyArrowOptions([address]));
    this.columns = columns.map(({ name, type }) => ({ name, type }));
    this.schema = withTypes(schemaOf(this.#arrowOptions, statement), columns);
    this.#layouts = layoutsOf(this.schema.fields);
    this.#limits = {
      batchRowsMax: options.batchRowsMax ?? kernelSettings.batchRowsMax.default,
      batchBytesMax: options.batchBytesMax ?? kernelSettings.batchBytesMax.default,
    };
    this.#scope = scope.move();
  }

  /**
   * Runs the query; rows come in the order of the SQL.
   *
   * @throws SheafError see `duckdbError`, at any batch
   */
  [Symbol.iterator](): Generator<Batch, void, undefined> {
    const run = this.#run();
    this.#runs.add(run);
    return run;
  }

  /** Ends runs that were not read to their end. */
  [Symbol.dispose](): void {
    for (const run of this.#runs) run.return(undefined);
    this.#runs.clear();
    this.#scope.dispose();
  }

  *#run(): Generator<Batch, void, undefined> {
    using _claim = this.#connection.claim();
    try {
      using stream = new Stream(this.#statement.address);
      yield* stream.batches(Number(this.#arrowOptions), this.#layouts, this.#limits);
    } catch (thrown) {
      throw this.#inputs.original(thrown);
    }
  }
}

/** The inputs of a query or statement as views, until disposed of. */
export const bindInputs = (connection: InputConnection, options: QueryOptions): BoundInputs =>
  new BoundInputs(
    connection,
    options.inputs ?? {},
    options.inputHeldBytesMax ?? kernelSettings.inputHeldBytesMax.default,
  );

function arrowOptions(connection: QueryConnection): Address {
  const out: Out = [null];
  duckdb.arrowOptions(connection.idle(), out);
  return out[0] ?? 0n;
}
