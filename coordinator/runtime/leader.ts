import { join } from 'node:path';
import { monotonicMs } from '../../shared/clock.ts';
import type { Config } from '../../shared/config/config.ts';
import type { ErrorData } from '../../shared/errors.ts';
import { SheafError } from '../../shared/errors.ts';
import type { FlightClient } from '../../shared/flight/client.ts';
import type { Epoch, JobId, WorkerId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/log.ts';
import type { WorkerInfo } from '../../shared/plan/job.ts';
import type { Secrets } from '../../shared/secrets.ts';
import type { Leadership } from '../../shared/store/election.ts';
import { keysOf } from '../../shared/store/keys.ts';
import type { Store } from '../../shared/store/store.ts';
import { Catalog } from '../catalog/catalog.ts';
import { leaderPipelines } from '../pipelines/leader-pipelines.ts';
import type { Pipelines } from '../pipelines/pipelines.ts';
import type { Effect } from '../scheduler/effects.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { BlobDirectory } from './blobs.ts';
import { DatasetSpool } from './dataset-spool.ts';
import { keepHouse } from './housekeeping.ts';
import { JobBook } from './job-book.ts';
import { JobDesk } from './job-desk.ts';
import { reportOf } from './job-info.ts';
import { JobLedger } from './job-ledger.ts';
import { JobPlanner } from './job-planner.ts';
import type { JobRecord } from './job-record.ts';
import { JobResults } from './job-results.ts';
import { PermitDesk } from './permit-desk.ts';
import type { Planning } from './planning.ts';
import { Sessions } from './sessions.ts';
import { type Effects, SchedulerShell } from './shell.ts';
import { abortCommit, commitFiles, removeLeftovers } from './sink-files.ts';
import { JobTakeOver } from './take-over.ts';
import { WorkerDoor } from './worker-door.ts';

export interface LeaderOptions {
  readonly cluster: string;
  readonly leadership: Leadership;
  readonly store: Store;
  /** Blobs and the datasets of clients, which this process also serves to workers. */
  readonly home: string;
  /** Other coordinators of the cluster share it. */
  readonly shared: boolean;
  readonly planning: Planning;
  readonly flight: FlightClient;
  readonly secrets: Secrets;
  readonly config: Config;
  readonly log: Logger;
}

type EffectOf<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

/** The coordinator while it leads: the scheduler with all that its effects act on. Ends with its epoch. */
export class Leader implements Disposable {
  readonly catalog: Catalog;
  readonly desk: JobDesk;
  readonly door: WorkerDoor;
  readonly blobs: BlobDirectory;
  readonly permits: PermitDesk;
  /** Reads the results of jobs that the coordinator itself wants. */
  readonly results: JobResults;
  /** Values for what the coordinator itself does with sources and sinks. */
  readonly secrets: Secrets;
  readonly pipelines: Pipelines;
  readonly datasets: DatasetSpool;
  readonly epoch: Epoch;
  readonly #book: JobBook;
  readonly #sessions: Sessions;
  readonly #core: Scheduler;
  readonly #shell: SchedulerShell;
  readonly #log: Logger;
  readonly #leadership: Leadership;
  readonly #ledger: JobLedger;
  readonly #config: Config;
  readonly #housekeeping: Disposable;
  readonly #ended = new AbortController();

  constructor({ cluster, leadership, store, home, shared, planning, flight, secrets, config, log }: LeaderOptions) {
    const { epoch } = leadership;
    this.epoch = epoch;
    this.#leadership = leadership;
    this.#config = config;
    this.#log = log;
    this.permits = new PermitDesk(config, monotonicMs);
    this.secrets = secrets;
    this.#book = new JobBook(config);
    this.#sessions = new Sessions(epoch);
    this.#core = new Scheduler(config);
    this.#shell = new SchedulerShell(this.#core, this.#effects(), config, log);
    this.blobs = new BlobDirectory(join(home, 'blobs'), config, shared);
    this.datasets = new DatasetSpool(join(home, 'spool'), config);
    this.#ledger = new JobLedger({ store, leadership, keys: keysOf(cluster), blobs: this.blobs, config, log });
    const probe = async (address: string) => void (await flight.ping(address));
    this.door = new WorkerDoor({ sessions: this.#sessions, shell: this.#shell, cluster, probe, log });
    this.catalog = new Catalog({
      store,
      leadership,
      keys: keysOf(cluster),
      describe: async (plan) => (await this.desk.describe(plan)).schema,
      config,
      log,
    });
    this.desk = new JobDesk({
      epoch,
      catalog: this.catalog,
      ledger: this.#ledger,
      book: this.#book,
      core: this.#core,
      shell: this.#shell,
      planner: new JobPlanner({
        catalog: this.catalog,
        planning,
        datasets: this.datasets,
        secrets,
        over: this.#ended.signal,
        config,
        log,
      }),
      datasets: this.datasets,
      over: this.#ended.signal,
      slots: () => {
        const known = this.workers().reduce((sum, { slots }) => sum + slots, 0);
        return Math.max(config.plannedSlotsMin, known);
      },
      config,
      log,
    });
    this.results = new JobResults({ desk: this.desk, flight, config });
    const over = this.#ended.signal;
    const { desk, results, catalog, blobs, datasets, door } = this;
    const mustLead = () => this.#mustLead();
    const parts = { blobs, catalog, desk, config, log };
    this.pipelines = leaderPipelines({ ...parts, cluster, store, leadership, secrets, over, mustLead, results });
    const [sessions, ledger, { pipelines }] = [this.#sessions, this.#ledger, this];
    this.#housekeeping = keepHouse({ ...parts, sessions, door, ledger, pipelines, datasets });
  }

  /** Learns the jobs of the leaders before, and goes on with those that are not over. */
  async takeOver(): Promise<void> {
    const { blobs, datasets, desk } = this;
    await Promise.all([this.catalog.load(), this.pipelines.load()]);
    const [book, ledger, config, log] = [this.#book, this.#ledger, this.#config, this.#log];
    const mustLead = () => this.#mustLead();
    await new JobTakeOver({ book, ledger, desk, blobs, datasets, mustLead, config, log }).begin();
    this.pipelines.begin();
  }

  /** Whether its term lasts at this moment. */
  get held(): boolean {
    return this.#leadership.held;
  }

  /** What the workers say of themselves, and how busy the scheduler keeps them. */
  workers(): WorkerInfo[] {
    const running = new Map(this.#core.workers().map((worker) => [String(worker.id), worker.running]));
    return this.#sessions.list().map((info) => ({ ...info, running: running.get(info.id) ?? 0 }));
  }

  /** The store's word that these workers' leases are over. */
  loseWorkers(workers: readonly WorkerId[]): void {
    for (const worker of workers) this.door.lose(worker, 'leaseExpired');
  }

  [Symbol.dispose](): void {
    this.#housekeeping[Symbol.dispose]();
    this.#ended.abort(noLonger(this.epoch));
    this.#shell[Symbol.dispose]();
    this.permits[Symbol.dispose]();
    for (const worker of this.#sessions.ids()) this.#sessions.close(worker);
  }

  #effects(): Effects {
    return {
      launch: ({ worker, task }) => this.#sessions.launch(worker, task),
      cancelAttempt: ({ worker, key, reason }) => this.#sessions.cancel(worker, key, reason),
      stageFinished: (effect) => {
        const { job, stage, rows, bytes } = effect;
        this.#log.info({ job, stage, rows, bytes }, 'stage finished');
        this.desk.stages.goOn(effect);
      },
      commitSink: (effect) => void this.#commit(effect),
      abortSink: ({ job }) => void this.#abort(job),
      jobSucceeded: (effect) => this.#succeed(effect),
      jobFailed: ({ job, error }) => void this.#fail(job, error),
      jobCancelled: ({ job }) => void this.#cancelled(job),
      dropJob: (effect) => this.#drop(effect),
      workerDrained: ({ worker }) => this.door.drained(worker),
    };
  }

  /**
   * The commit is decided in the store before a file is moved, so that whoever leads then moves the same files. Who leads
   * no more leaves the rest, and the staged files, to the next leader.
   */
  async #commit({ job, files }: EffectOf<'commitSink'>): Promise<void> {
    try {
      const record = this.#book.get(job);
      const { sink } = record;
      if (!sink) throw new SheafError('INTERNAL', `Job ${job} has files to commit but no destination`);
      const last = reportOf(record, this.#core).stages.at(-1);
      const { path, mode, staging } = sink;
      const written = { path, mode, staging, files, rows: last?.rowsOut ?? 0, bytes: last?.bytesOut ?? 0 };
      await this.#ledger.committing(job, written);
      await commitFiles(sink, files, () => this.#mustLead(), this.#config).catch(async (failed: unknown) => {
        await this.#ledger.notCommitted(job);
        throw failed;
      });
      this.#book.change(job, { files: files.length });
      this.#shell.post({ kind: 'sinkCommitted', job });
      if (record.takenOver) await this.#abort(job);
    } catch (thrown) {
      const error = SheafError.from(thrown).toData();
      if (error.code === 'NOT_LEADER') this.#log.info({ job }, 'its commit is left to the next leader');
      else this.#shell.post({ kind: 'sinkFailed', job, error });
    }
  }

  async #abort(job: JobId): Promise<void> {
    const { sink, takenOver } = this.#book.find(job) ?? {};
    if (!sink) return;
    const aborted = takenOver ? removeLeftovers(sink.path, job, this.#config) : abortCommit(sink, this.#config);
    await aborted.catch((error: unknown) => {
      this.#log.error({ job, error, path: sink.staging }, 'unfinished files could not be removed: remove them by hand');
    });
  }

  /** What becomes visible to others must be this leader's still, also after a pause of the process. */
  #mustLead(): void {
    if (!this.#leadership.held) throw noLonger(this.epoch);
  }

  #succeed({ job, parts }: EffectOf<'jobSucceeded'>): void {
    const record = this.#book.get(job);
    const { schema = [], deterministic = true, sink, files = 0 } = record;
    const { stages } = reportOf(record, this.#core);
    const last = stages.at(-1);
    const written = sink && {
      path: sink.path,
      files,
      rows: last?.rowsOut ?? 0,
      bytes: last?.bytesOut ?? 0,
    };
    const result = { schema, parts, deterministic, epoch: this.epoch, ...(written ? { written } : {}) };
    this.#over(job, { state: 'succeeded', result, endedMs: Date.now(), released: false });
    if (sink) this.desk.release(job);
  }

  async #fail(job: JobId, error: ErrorData): Promise<void> {
    await this.#written(job, this.#ledger.failed(job, error), { state: 'failed', error, endedMs: Date.now() });
  }

  async #cancelled(job: JobId): Promise<void> {
    await this.#written(job, this.#ledger.cancelled(job), { state: 'cancelled', endedMs: Date.now() });
  }

  /** An end without result is told when it is written: no later leader may run a job whose client believes it over. */
  async #written(job: JobId, writing: Promise<void>, life: JobRecord['life']): Promise<void> {
    const report = reportOf(this.#book.get(job), this.#core);
    try {
      await writing;
      this.#over(job, life, report);
    } catch (error) {
      this.#log.info({ job, error }, 'its end was not written: another leader goes on with it');
    }
  }

  #over(job: JobId, life: JobRecord['life'], report = reportOf(this.#book.get(job), this.#core)): void {
    this.#log.info({ job, state: life.state, ...(life.state === 'failed' ? { error: life.error } : {}) }, 'job over');
    this.#book.change(job, { life, report });
  }

  #drop({ job, workers }: EffectOf<'dropJob'>): void {
    this.desk.stages.forget(job);
    for (const worker of workers) this.#sessions.dropJob(worker, job);
    void this.datasets
      .dropAll(this.#book.find(job)?.datasets ?? [])
      .catch((error: unknown) => this.#log.warn({ job, error }, 'datasets were not removed'));
  }
}

const noLonger = (epoch: Epoch): SheafError =>
  new SheafError('NOT_LEADER', `This coordinator leads no more under epoch ${epoch}`, {
    retryable: true,
    next: 'Connect to the leader.',
  });
