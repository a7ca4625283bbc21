import type { ErrorData } from '../../../shared/errors.ts';
import type { Epoch, JobId } from '../../../shared/ids.ts';
import type { Logger } from '../../../shared/log.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import type { DatasetSpool } from '../dataset-spool.ts';
import type { Sessions } from '../sessions.ts';
import type { EffectOf } from '../shell.ts';
import type { HeldResults } from './held-results.ts';
import type { JobBook } from './job-book.ts';
import { outputOf, reportOf } from './job-info.ts';
import type { JobLedger } from './job-ledger.ts';
import type { JobRecord } from './job-record.ts';
import type { JobStages } from './job-stages.ts';
import type { WideJobs } from './wide-jobs.ts';

/** What {@link JobEnds} works with. */
export interface JobEndsParts {
  readonly epoch: Epoch;
  readonly book: JobBook;
  readonly ledger: Pick<JobLedger, 'failed' | 'cancelled'>;
  readonly core: Scheduler;
  readonly stages: Pick<JobStages, 'forget'>;
  readonly wideJobs: Pick<WideJobs, 'forget'>;
  readonly heldResults: Pick<HeldResults, 'release'>;
  readonly sessions: Pick<Sessions, 'dropJob'>;
  readonly datasets: Pick<DatasetSpool, 'dropAll'>;
  readonly log: Logger;
}

/** What becomes of a job when the scheduler is done with it: its end is written and told, and what it held goes. */
export class JobEnds {
  readonly #parts: JobEndsParts;

  constructor(parts: JobEndsParts) {
    this.#parts = parts;
  }

  succeeded({ job, parts }: EffectOf<'jobSucceeded'>): void {
    const { book, core, epoch, heldResults } = this.#parts;
    const record = book.get(job);
    const { schema = [], deterministic = true, sink, files = 0 } = record;
    const written = sink && { path: sink.path, files, ...outputOf(record, core) };
    const result = { schema, parts, deterministic, epoch, ...(written ? { written } : {}) };
    this.#over(job, { state: 'succeeded', result, endedMs: Date.now(), released: false });
    if (sink) heldResults.release(job);
  }

  async failed(job: JobId, error: ErrorData): Promise<void> {
    await this.#written(job, this.#parts.ledger.failed(job, error), { state: 'failed', error, endedMs: Date.now() });
  }

  async cancelled(job: JobId): Promise<void> {
    await this.#written(job, this.#parts.ledger.cancelled(job), { state: 'cancelled', endedMs: Date.now() });
  }

  /** The output of its tasks is not needed any more. */
  drop({ job, workers }: EffectOf<'dropJob'>): void {
    const { book, stages, wideJobs, sessions, datasets, log } = this.#parts;
    stages.forget(job);
    wideJobs.forget(job);
    for (const worker of workers) sessions.dropJob(worker, job);
    void datasets
      .dropAll(book.find(job)?.datasets ?? [])
      .catch((error: unknown) => log.warn({ job, error }, 'datasets were not removed'));
  }

  /**
   * An end without a result is announced only once it is written: no later leader may run a job whose client believes
   * it over.
   */
  async #written(job: JobId, writing: Promise<void>, life: JobRecord['life']): Promise<void> {
    const { book, core, log } = this.#parts;
    const report = reportOf(book.get(job), core);
    try {
      await writing;
      this.#over(job, life, report);
    } catch (error) {
      log.info({ job, error }, 'its end was not written: another leader goes on with it');
    }
  }

  #over(job: JobId, life: JobRecord['life'], report?: ReturnType<typeof reportOf>): void {
    const { book, core, log } = this.#parts;
    log.info({ job, state: life.state, ...(life.state === 'failed' ? { error: life.error } : {}) }, 'job over');
    book.change(job, { life, report: report ?? reportOf(book.get(job), core) });
  }
}
