import type { RecordBatch, Table } from 'apache-arrow';
import { SheafError } from '../shared/errors.ts';
import type { SchemaSpec } from '../shared/schema.ts';
import { quotedName } from '../shared/sql/text.ts';
import type { Literal } from '../shared/sql/value.ts';
import { parseStatement } from './catalog/statement.ts';
import type { Relation } from './dataset/actions.ts';
import { Dataset } from './dataset/dataset.ts';
import type { LocalFunction } from './dataset/local-function.ts';
import type { Typed } from './expressions/typed.ts';
import { callSite } from './functions/call-site.ts';
import {
  type AggregateDefinition,
  type BatchValues,
  mentionedFunctions,
  type RowValue,
  SqlFunction,
  type SqlFunctionOptions,
} from './functions/sql-function.ts';
import { Reader } from './read/reader.ts';
import type { Session } from './session/session.ts';
import { sqlPlan } from './sql/plan.ts';
import { fillTemplate, namedParameters, type Spliced, type SqlDraft } from './sql/template.ts';
import { type Input, type InputRow, type SchemaOfInput, sourceOf } from './upload/source.ts';

/** What is asked of a cluster: datasets from files, of this process, from SQL, and the functions that SQL may call. */
export class Questions {
  /** Datasets from files. */
  readonly read: Reader;
  /** @internal */
  readonly session: Session;
  /** What SQL of this handle may call, by name in lower case. */
  readonly #functions = new Map<string, SqlFunction>();

  constructor(session: Session) {
    this.session = session;
    this.read = new Reader(session);
  }

  /**
   * A dataset that only this process holds: rows as objects, an `apache-arrow` table, record batches, or an iterable,
   * also an async one, of rows or batches. It is streamed to the coordinator when an action runs, for that action; an
   * iterator that can be read only once serves only one.
   *
   * Without a schema, the types of rows are found from the first ones: numbers become DOUBLE, bigints BIGINT, strings
   * VARCHAR, Dates TIMESTAMP.
   *
   * @example `cluster.from([{ code: 'BOS', city: 'Boston' }])`
   * @example `cluster.from(readPages(), { schema: { url: 'varchar', fetched: 'timestamp', bytes: 'integer' } })`
   */
  from<const S extends SchemaSpec>(input: Input, options: { readonly schema: S }): Dataset<S>;
  from(input: Table | readonly RecordBatch[] | Iterable<RecordBatch> | AsyncIterable<RecordBatch>): Dataset;
  from<Row extends InputRow>(input: Iterable<Row> | AsyncIterable<Row>): Dataset<SchemaOfInput<Row>>;
  from(input: Input, { schema }: { readonly schema?: SchemaSpec } = {}): Dataset {
    const source = sourceOf(input, schema, this.session.config);
    return new Dataset(this.session, (resolver) => resolver.uploadDataset(source), schema && Object.keys(schema));
  }

  /**
   * A SELECT in DuckDB's SQL, which may name files: as text, with values for its parameters (`$name`; `?` and `$1` in
   * a list), or as a template. In a template, datasets stand as tables, and values become parameters, so that they have
   * no effect as SQL. Columns are known to the compiler if they are given: `cluster.sql<{ origin: 'varchar' }>(…)`.
   *
   * @example `cluster.sql("select origin, count(*) from 'flights/*.parquet' group by all")`
   * @example `cluster.sql("select * from 'flights.parquet' where origin = $origin", { origin: 'SEA' })`
   * @example
   * ``cluster.sql`select a.city from ${late} f join ${airports} a on f.origin = a.iata where f.delay > ${limit}` ``
   */
  sql<const S extends SchemaSpec = SchemaSpec>(
    text: string,
    parameters?: readonly Literal[] | Readonly<Record<string, Literal>>,
  ): Dataset<S>;
  sql<const S extends SchemaSpec = SchemaSpec>(
    strings: TemplateStringsArray,
    ...values: readonly (Literal | Typed | Relation | SqlFunction)[]
  ): Dataset<S>;
  sql<S extends SchemaSpec>(text: string | TemplateStringsArray, ...values: readonly unknown[]): Dataset<S> {
    if (typeof text === 'string' && parseStatement(text) !== undefined) throw noQuestion();
    const [given = []] = values;
    const draft: SqlDraft =
      typeof text === 'string'
        ? { text, relations: [], parameters: namedParameters(given as readonly Literal[]), functions: [] }
        : fillTemplate(text, values as readonly Spliced[], this.session);
    const spliced = new Map(draft.functions.map((each) => [each.name.toLowerCase(), each]));
    const functions = mentionedFunctions(draft.text, new Map([...this.#functions, ...spliced]));
    return new Dataset<S>(this.session, sqlPlan({ ...draft, functions, callable: this.#names() }));
  }

  /**
   * A TypeScript function that SQL of this handle calls by its name, wherever an expression stands: it runs on the
   * workers, once for each row, which it gets as an object of its arguments. With `batches` it gets record batches of
   * many rows, and yields as many values. What it needs of its module goes along, as with `dataset.map`.
   *
   * @example
   * ```ts
   * cluster.fn('part_of_day', ({ at }) => partOfDay(at), { args: { at: 'timestamp' }, returns: 'varchar' });
   * cluster.sql("select part_of_day(departure) as part, count(*) from 'flights.parquet' group by all");
   * ```
   */
  fn<const A extends SchemaSpec, const R extends string, const Params = undefined>(
    name: string,
    call: BatchValues<R, Params>,
    options: SqlFunctionOptions<A, R, Params> & { readonly batches: true },
  ): SqlFunction;
  fn<const A extends SchemaSpec, const R extends string, const Params = undefined>(
    name: string,
    call: RowValue<A, R, Params>,
    options: SqlFunctionOptions<A, R, Params> & { readonly batches?: false },
  ): SqlFunction;
  fn(
    name: string,
    call: LocalFunction['call'],
    { batches = false, ...options }: SqlFunctionOptions<SchemaSpec, string, unknown> & { readonly batches?: boolean },
  ): SqlFunction {
    const { params, packages } = options;
    const site = { ...callSite('fn'), argument: 1 };
    const local: LocalFunction = { call, site, mode: 'fn', params, packages };
    return this.#register(new SqlFunction(name, batches ? 'batches' : 'rows', local, options));
  }

  /**
   * A TypeScript aggregate function that SQL of this handle calls by its name. The function given runs on the workers,
   * and returns how to begin a state, add a row to it, bring two together, and make the value. Tasks hold states of
   * their own rows; only states are exchanged, as JSON.
   *
   * @example
   * ```ts
   * cluster.aggregate('longest', () => ({
   *   init: () => '',
   *   accumulate: (longest, { text }) => (text !== null && text.length > longest.length ? text : longest),
   *   merge: (a, b) => (b.length > a.length ? b : a),
   *   finish: (longest) => longest,
   * }), { args: { text: 'varchar' }, returns: 'varchar' });
   * ```
   */
  aggregate<const A extends SchemaSpec, const R extends string, State, const Params = undefined>(
    name: string,
    define: (params: Params) => AggregateDefinition<State, A, R>,
    options: SqlFunctionOptions<A, R, Params>,
  ): SqlFunction {
    const local: LocalFunction = {
      call: define,
      site: { ...callSite('aggregate'), argument: 1 },
      mode: 'aggregate',
      params: options.params,
      packages: options.packages,
    };
    return this.#register(new SqlFunction(name, 'aggregate', local, options));
  }

  #names(): string[] {
    return [...this.#functions.values()].map(({ name }) => name);
  }

  #register(made: SqlFunction): SqlFunction {
    this.#functions.set(made.name.toLowerCase(), made);
    return made;
  }

  /**
   * The rows of a table or view of the catalog, as `cluster.sql('from name')`.
   *
   * @example `cluster.table('flights').filter('delay > 15')`
   */
  table<const S extends SchemaSpec = SchemaSpec>(name: string): Dataset<S> {
    return this.sql<S>(`SELECT * FROM ${quotedName(name)}`);
  }
}

const noQuestion = (): SheafError =>
  new SheafError('SQL_INVALID', 'A statement that changes the catalog yields no rows', {
    next: 'Call cluster.createTable, createView, dropTable or dropView; sheaf sql takes the statement itself.',
  });
