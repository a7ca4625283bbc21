import type { Schema as ArrowSchema } from 'apache-arrow';
import type { Batch } from '../arrow/batch.ts';
import { type Layout, layoutsOf } from '../arrow/layout.ts';
import { kernelSettings } from '../config/sections/kernel.ts';
import type { Schema } from '../schema.ts';
import { BoundInputs, type InputConnection } from './input/bound-inputs.ts';
import type { Input } from './input/input.ts';
import { duckdb } from './native/api.ts';
import type { Address } from './native/library.ts';
import { schemaOf } from './output/arrow-schema.ts';
import { type BatchLimits, Stream } from './output/stream.ts';
import { prepareForWire, withTypes } from './output/wire.ts';
import type { Prepared } from './prepared.ts';

export interface QueryOptions extends Partial<BatchLimits> {
  /** Batches that the SQL reads as views of these names. */
  readonly inputs?: Readonly<Record<string, Input>>;
  /** What DuckDB may hold of input batches at a time. */
  readonly inputHeldBytesMax?: number;
  /** `Database.narrowArrowOptions`: used if all columns are of types that come in no other form by them. */
  readonly narrowArrowOptions?: Address;
}

/** What a query needs of its connection. */
export interface QueryConnection extends InputConnection {
  idle(): Address;
  arrowOptions(): Address;
  claim(): Disposable;
}

/** How the rows of a running query are handed out. */
export interface Reader<T> {
  /** Columns at the end that the reader keeps for itself. */
  readonly hidden: number;
  read(stream: Stream, context: ReaderContext): Generator<T, void, undefined>;
}

export interface ReaderContext {
  readonly statement: Prepared;
  readonly arrowOptions: number;
  /** Of the columns that are not hidden. */
  readonly layouts: readonly Layout[];
  readonly limits: BatchLimits;
}

/** All rows as batches, in the order of the SQL. */
export const batchReader: Reader<Batch> = {
  hidden: 0,
  read: (stream, { arrowOptions, layouts, limits }) => stream.batches(arrowOptions, layouts, limits),
};

/** A prepared query whose rows come as batches. Each iteration runs it anew; leaving an iteration ends the run. */
export class Query<T = Batch> implements Disposable, Iterable<T> {
  /** As Arrow, extension types and all. A type that travels as another stands in the field's metadata: see `typeKey`. */
  readonly schema: ArrowSchema;
  /** In DuckDB's words. */
  readonly columns: Schema;
  readonly #connection: QueryConnection;
  readonly #reader: Reader<T>;
  readonly #context: ReaderContext;
  readonly #scope: DisposableStack;
  readonly #inputs: BoundInputs;
  readonly #runs = new Set<Generator>();

  constructor(connection: QueryConnection, sql: string, options: QueryOptions, reader: Reader<T>) {
    using scope = new DisposableStack();
    this.#connection = connection;
    this.#reader = reader;
    this.#inputs = scope.use(bindInputs(connection, options));
    const [statement, columns] = this.#inputs.guard(() => prepareForWire(connection, sql));
    scope.use(statement);
    const shown = columns.slice(0, columns.length - reader.hidden);
    const narrow = shown.every(({ wire }) => plainType.test(wire)) ? options.narrowArrowOptions : undefined;
    const own = () => scope.adopt(connection.arrowOptions(), (address) => duckdb.destroyArrowOptions([address]));
    const arrow = narrow ?? own();
    this.columns = shown.map(({ name, type }) => ({ name, type }));
    this.schema = withTypes(schemaOf(arrow, statement), shown);
    const layouts = layoutsOf(this.schema.fields);
    this.#context = { statement, arrowOptions: Number(arrow), layouts, limits: limitsOf(options) };
    this.#scope = scope.move();
  }

  /**
   * Runs the query; rows come in the order of the SQL.
   *
   * @throws SheafError see `duckdbError`, at any batch
   */
  [Symbol.iterator](): Generator<T, void, undefined> {
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

  *#run(): Generator<T, void, undefined> {
    using _claim = this.#connection.claim();
    try {
      using stream = new Stream(this.#context.statement.address);
      yield* this.#reader.read(stream, this.#context);
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

const limitsOf = ({ batchRowsMax, batchBytesMax }: QueryOptions): BatchLimits => ({
  batchRowsMax: batchRowsMax ?? kernelSettings.batchRowsMax.default,
  batchBytesMax: batchBytesMax ?? kernelSettings.batchBytesMax.default,
});

/** Some others come as views, which exchanges do not carry. */
const plainType = /^(DECIMAL\(\d+,\d+\)|U?(TINYINT|SMALLINT|INTEGER|BIGINT)|DOUBLE|FLOAT|VARCHAR|DATE|BOOLEAN)$/;
