import { join } from 'node:path';
import { monotonicMs } from '../../shared/clock.ts';
import type { Config } from '../../shared/config/config.ts';
import type { ErrorData } from '../../shared/errors.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Epoch, JobId, WorkerId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/log.ts';
import type { WorkerInfo } from '../../shared/plan/job.ts';
import { datasetsOf } from '../../shared/plan/walk.ts';
import type { Effect } from '../scheduler/effects.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { BlobDirectory } from './blobs.ts';
import { DatasetSpool } from './dataset-spool.ts';
import { JobBook } from './job-book.ts';
import { JobDesk } from './job-desk.ts';
import { reportOf } from './job-info.ts';
import type { JobRecord } from './job-record.ts';
import type { Planning } from './planning.ts';
import { Sessions } from './sessions.ts';
import { type Effects, SchedulerShell } from './shell.ts';
import { abortCommit, commitFiles } from './sink-files.ts';
import { WorkerDoor } from './worker-door.ts';

export interface LeaderOptions {
  readonly cluster: string;
  readonly epoch: Epoch;
  /** Whether it leads at this very moment. */
  readonly held: () => boolean;
  readonly dataDirectory: string;
  /** Root of the datasets' spool, which this process also serves to workers. */
  readonly spoolRoot: string;
  readonly planning: Planning;
  readonly probe: (address: string) => Promise<void>;
  readonly config: Config;
  readonly log: Logger;
}

type EffectOf<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

/** The coordinator while it leads: the scheduler with all that its effects act on. Ends with its epoch. */
export class Leader implements Disposable {
  readonly desk: JobDesk;
  readonly door: WorkerDoor;
  readonly blobs: BlobDirectory;
  readonly datasets: DatasetSpool;
  readonly epoch: Epoch;
  readonly #book: JobBook;
  readonly #sessions: Sessions;
  readonly #core: Scheduler;
  readonly #shell: SchedulerShell;
  readonly #log: Logger;
  readonly #housekeeping: NodeJS.Timeout;
  readonly #held: () => boolean;
  readonly #ended = new AbortController();

  constructor({ cluster, epoch, held, dataDirectory, spoolRoot, planning, probe, config, log }: LeaderOptions) {
    this.epoch = epoch;
    this.#held = held;
    this.#log = log;
    this.#book = new JobBook(config);
    this.#sessions = new Sessions(epoch);
    this.#core = new Scheduler(config);
    this.#shell = new SchedulerShell(this.#core, this.#effects(), config, log);
    this.blobs = new BlobDirectory(join(dataDirectory, 'blobs'), config);
    this.datasets = new DatasetSpool(spoolRoot, config);
    this.door = new WorkerDoor({ sessions: this.#sessions, shell: this.#shell, cluster, probe, log });
    this.desk = new JobDesk({
      book: this.#book,
      core: this.#core,
      shell: this.#shell,
      planning,
      datasets: this.datasets,
      over: this.#ended.signal,
      slots: () => {
        const known = this.workers().reduce((sum, { slots }) => sum + slots, 0);
        return Math.max(config.plannedSlotsMin, known);
      },
      config,
      log,
    });
    this.#housekeeping = setInterval(() => this.#keepHouse(config), config.heartbeatIntervalMs);
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
    clearInterval(this.#housekeeping);
    this.#ended.abort(noLonger(this.epoch));
    this.#shell[Symbol.dispose]();
    for (const worker of this.#sessions.ids()) this.#sessions.close(worker);
  }

  #keepHouse({ heartbeatTimeoutMs }: Config): void {
    const silent = this.#sessions.silentSince(monotonicMs() - heartbeatTimeoutMs);
    for (const worker of silent) this.door.lose(worker, 'unreachable');
    void this.desk.expire(Date.now()).catch((error: unknown) => this.#log.warn({ error }, 'old data was not removed'));
  }

  #effects(): Effects {
    return {
      launch: ({ worker, task }) => this.#sessions.launch(worker, task),
      cancelAttempt: ({ worker, key, reason }) => this.#sessions.cancel(worker, key, reason),
      stageFinished: ({ job, stage, rows, bytes }) => this.#log.info({ job, stage, rows, bytes }, 'stage finished'),
      commitSink: (effect) => void this.#commit(effect),
      abortSink: ({ job }) => void this.#abort(job),
      jobSucceeded: (effect) => this.#succeed(effect),
      jobFailed: ({ job, error }) => this.#fail(job, error),
      jobCancelled: ({ job }) => this.#over(job, { state: 'cancelled', endedMs: Date.now() }),
      dropJob: (effect) => this.#drop(effect),
      workerDrained: ({ worker }) => this.door.drained(worker),
    };
  }

  async #commit({ job, files }: EffectOf<'commitSink'>): Promise<void> {
    try {
      const { sink } = this.#book.get(job);
      if (!sink) throw new SheafError('INTERNAL', `Job ${job} has files to commit but no destination`);
      await commitFiles(sink, files, () => this.#mustLead());
      this.#book.change(job, { files: files.length });
      this.#shell.post({ kind: 'sinkCommitted', job });
    } catch (thrown) {
      this.#shell.post({ kind: 'sinkFailed', job, error: SheafError.from(thrown).toData() });
    }
  }

  async #abort(job: JobId): Promise<void> {
    const sink = this.#book.find(job)?.sink;
    if (!sink) return;
    await abortCommit(sink).catch((error: unknown) => {
      this.#log.error({ job, error, path: sink.staging }, 'unfinished files could not be removed: remove them by hand');
    });
  }

  /** What becomes visible to others must be this leader's still, also after a pause of the process. */
  #mustLead(): void {
    if (!this.#held()) throw noLonger(this.epoch);
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
    const result = { schema, parts, deterministic, ...(written ? { written } : {}) };
    this.#over(job, { state: 'succeeded', result, endedMs: Date.now(), released: false });
    if (sink) this.desk.release(job);
  }

  #fail(job: JobId, error: ErrorData): void {
    this.#over(job, { state: 'failed', error, endedMs: Date.now() });
  }

  #over(job: JobId, life: JobRecord['life']): void {
    this.#log.info({ job, state: life.state, ...(life.state === 'failed' ? { error: life.error } : {}) }, 'job over');
    this.#book.change(job, { life, report: reportOf(this.#book.get(job), this.#core) });
  }

  #drop({ job, workers }: EffectOf<'dropJob'>): void {
    for (const worker of workers) this.#sessions.dropJob(worker, job);
    const record = this.#book.find(job);
    const held = record ? datasetsOf(record.request.plan) : [];
    void this.datasets
      .dropAll(held)
      .catch((error: unknown) => this.#log.warn({ job, error }, 'datasets were not removed'));
  }
}

const noLonger = (epoch: Epoch): SheafError =>
  new SheafError('NOT_LEADER', `This coordinator leads no more under epoch ${epoch}`, {
    retryable: true,
    next: 'Connect to the leader and submit the job again.',
  });
