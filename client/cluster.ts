import type { RecordBatch, Table } from 'apache-arrow';
import { type JobId, jobId } from '../shared/ids.ts';
import type { JobInfo, WorkerInfo } from '../shared/plan/job.ts';
import type { SchemaSpec } from '../shared/schema.ts';
import type { Relation } from './dataset/actions.ts';
import { Dataset } from './dataset/dataset.ts';
import type { Typed } from './expressions/expression.ts';
import type { Literal } from './expressions/literal.ts';
import { Reader } from './read/reader.ts';
import { persist } from './session/persist.ts';
import type { Session } from './session/session.ts';
import { sqlPlan } from './sql/plan.ts';
import { fillTemplate, namedParameters, type Spliced, type SqlDraft } from './sql/template.ts';
import { type Input, type InputRow, type SchemaOfInput, sourceOf } from './upload/source.ts';

/**
 * A connection to a cluster, from {@link connect} or {@link local}. Close it with `await using` or `close()`: jobs whose
 * actions still run are cancelled, and a cluster that was started for it stops.
 */
export class Cluster implements AsyncDisposable {
  /** `host:port` of the coordinator. */
  readonly address: string;
  /** Datasets from files. */
  readonly read: Reader;
  readonly #session: Session;
  readonly #close: () => Promise<void>;

  /** Made by `connect` and `local`. */
  constructor(session: Session, close: () => Promise<void>) {
    this.address = session.address;
    this.read = new Reader(session);
    this.#session = session;
    this.#close = close;
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
    const source = sourceOf(input, schema, this.#session.config);
    return new Dataset(this.#session, (resolver) => resolver.uploadDataset(source), schema && Object.keys(schema));
  }

  /**
   * A SELECT in DuckDB's SQL, which may name files: as text, with values for its parameters (`$name`; `?` and `$1` in
   * a list), or as a template. In a template, datasets stand as tables, and values become parameters, so that they have
   * no effect as SQL. Columns are known to the compiler if they are given: `cluster.sql<{ origin: 'varchar' }>(…)`.
   *
   * @example `cluster.sql("select origin, count(*) from 'flights/*.parquet' group by all")`
   * @example `cluster.sql("select * from 'flights.parquet' where origin = $origin", { origin: 'SEA' })`
   * @example ``cluster.sql`select a.city from ${late} f join ${airports} a on f.origin = a.iata where f.delay > ${limit}` ``
   */
  sql<const S extends SchemaSpec = SchemaSpec>(
    text: string,
    parameters?: readonly Literal[] | Readonly<Record<string, Literal>>,
  ): Dataset<S>;
  sql<const S extends SchemaSpec = SchemaSpec>(
    strings: TemplateStringsArray,
    ...values: readonly (Literal | Typed | Relation)[]
  ): Dataset<S>;
  sql<S extends SchemaSpec>(text: string | TemplateStringsArray, ...values: readonly unknown[]): Dataset<S> {
    const [given = []] = values;
    const draft: SqlDraft =
      typeof text === 'string'
        ? { text, relations: [], parameters: namedParameters(given as readonly Literal[]) }
        : fillTemplate(text, values as readonly Spliced[], this.#session);
    return new Dataset<S>(this.#session, sqlPlan(draft));
  }

  /** All jobs that the coordinator remembers, running ones included. */
  async jobs(): Promise<readonly JobInfo[]> {
    const { json } = await this.#ask(() => this.#session.jobs.listJobs({}));
    return json.map((text) => JSON.parse(text) as JobInfo);
  }

  /**
   * One job, with its stages.
   *
   * @throws SheafError `JOB_UNKNOWN`
   */
  async job(id: JobId | string): Promise<JobInfo> {
    const { json } = await this.#ask(() => this.#session.jobs.getJob({ job: jobId(id) }));
    return JSON.parse(json) as JobInfo;
  }

  /**
   * Cancels a job. Whoever waits for it gets `CANCELLED`. Without effect on one that has ended.
   *
   * @throws SheafError `JOB_UNKNOWN`
   */
  async cancel(id: JobId | string): Promise<void> {
    await this.#ask(() => this.#session.jobs.cancel({ job: jobId(id) }));
  }

  /** The workers that the coordinator knows. */
  async workers(): Promise<readonly WorkerInfo[]> {
    const { json } = await this.#ask(() => this.#session.jobs.listWorkers({}));
    return json.map((text) => JSON.parse(text) as WorkerInfo);
  }

  /** Ends the connection. Actions that still run throw `CANCELLED`. */
  async close(): Promise<void> {
    await this.#close();
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  /** Of whichever coordinator leads. */
  #ask<T>(call: () => Promise<T>): Promise<T> {
    return persist(this.#session, this.#session.closed, call);
  }
}
