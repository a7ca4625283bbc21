import { type JobId, jobId } from '../shared/ids.ts';
import type { JobInfo, WorkerInfo } from '../shared/plan/job.ts';
import { CatalogClient, type CreateOptions, type CreateTableOptions, type TableInfo } from './catalog/catalog.ts';
import type { Relation } from './dataset/actions.ts';
import type { Dataset } from './dataset/dataset.ts';
import { PipelinesClient } from './pipelines/pipelines.ts';
import { Questions } from './questions.ts';
import { persist } from './session/persist.ts';
import type { Session } from './session/session.ts';

/**
 * A connection to a cluster, from {@link connect} or {@link local}. Close it with `await using` or `close()`: jobs
 * whose actions still run are cancelled, and a cluster that was started for it stops.
 */
export class Cluster extends Questions implements AsyncDisposable {
  /** `host:port` of the coordinator. */
  readonly address: string;
  /** Pipelines and their runs. */
  readonly pipelines: PipelinesClient;
  readonly #catalog: CatalogClient;
  readonly #close: () => Promise<void>;

  /** Made by `connect` and `local`. */
  constructor(session: Session, close: () => Promise<void>) {
    super(session);
    this.address = session.address;
    this.pipelines = new PipelinesClient(session);
    this.#catalog = new CatalogClient(session);
    this.#close = close;
  }

  /**
   * Registers a table, which SQL then reads by its name, from any client of the cluster. Files of a plain
   * `cluster.read` stay where they are; any other dataset is written to `path` as Parquet first. Its columns are those
   * of now: files that come later must have them.
   *
   * @example `await cluster.createTable('flights', cluster.read.parquet('flights/*.parquet'))`
   * @example `await cluster.createTable('late', flights.filter('delay > 15'), { path: '/shared/late' })`
   * @throws SheafError `DESTINATION_EXISTS`, `PLAN_INVALID`, `QUOTA_EXCEEDED`, and what reading and writing say
   */
  createTable(name: string, dataset: Relation, options: CreateTableOptions = {}): Promise<TableInfo> {
    return this.#catalog.createTable(name, dataset as Dataset, options);
  }

  /**
   * Registers a question, in SQL or as a dataset, which SQL then reads by its name: it is asked anew each time. It may
   * read tables and other views, but no rows that only this process holds.
   *
   * @example `await cluster.createView('late', 'select * from flights where delay > 15')`
   * @throws SheafError `DESTINATION_EXISTS`, `PLAN_INVALID`, also for a view that would read itself, `QUOTA_EXCEEDED`,
   * and what is wrong with the question
   */
  createView(name: string, question: string | Relation, options: CreateOptions = {}): Promise<TableInfo> {
    const dataset = typeof question === 'string' ? this.sql(question) : (question as Dataset);
    return this.#catalog.createView(name, dataset.draft, options);
  }

  /**
   * Forgets a table. Its files stay.
   *
   * @returns false if there was none, with `ifExists`
   * @throws SheafError `TABLE_UNKNOWN`
   */
  dropTable(name: string, { ifExists = false }: { readonly ifExists?: boolean } = {}): Promise<boolean> {
    return this.#catalog.drop(name, 'table', ifExists);
  }

  /** Forgets a view, as {@link dropTable} a table. */
  dropView(name: string, { ifExists = false }: { readonly ifExists?: boolean } = {}): Promise<boolean> {
    return this.#catalog.drop(name, 'view', ifExists);
  }

  /** The tables and views of the catalog, by name. */
  tables(): Promise<readonly TableInfo[]> {
    return this.#catalog.tables();
  }

  /** All jobs that the coordinator remembers, running ones included. */
  async jobs(): Promise<readonly JobInfo[]> {
    const { json } = await this.#ask(() => this.session.jobs.listJobs({}));
    return json.map((text) => JSON.parse(text) as JobInfo);
  }

  /**
   * One job, with its stages.
   *
   * @throws SheafError `JOB_UNKNOWN`
   */
  async job(id: JobId | string): Promise<JobInfo> {
    const { json } = await this.#ask(() => this.session.jobs.getJob({ job: jobId(id) }));
    return JSON.parse(json) as JobInfo;
  }

  /**
   * Cancels a job. Whoever waits for it gets `CANCELLED`. Without effect on one that has ended.
   *
   * @throws SheafError `JOB_UNKNOWN`
   */
  async cancel(id: JobId | string): Promise<void> {
    await this.#ask(() => this.session.jobs.cancel({ job: jobId(id) }));
  }

  /** The workers that the coordinator knows. */
  async workers(): Promise<readonly WorkerInfo[]> {
    const { json } = await this.#ask(() => this.session.jobs.listWorkers({}));
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

  /** Calls go to whichever coordinator leads. */
  #ask<T>(call: () => Promise<T>): Promise<T> {
    return persist(this.session, this.session.closed, call);
  }
}
