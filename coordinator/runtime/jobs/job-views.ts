import type { Config } from '../../../shared/config/config.ts';
import type { JobUpdate } from '../../../shared/contracts/jobs.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { JobId } from '../../../shared/ids.ts';
import type { JobInfo, JobResult } from '../../../shared/plan/job.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import type { JobBook } from './job-book.ts';
import { infoOf } from './job-info.ts';
import { isOver, type JobRecord } from './job-record.ts';

/** What {@link JobViews} works with. */
export interface JobViewsParts {
  readonly book: JobBook;
  readonly core: Scheduler;
  /** Aborted when this leader's time is over. */
  readonly over: AbortSignal;
  readonly config: Pick<Config, 'watchIntervalMs'>;
}

/** What clients see of jobs: lists, details, progress, their end. */
export class JobViews {
  readonly #parts: JobViewsParts;

  constructor(parts: JobViewsParts) {
    this.#parts = parts;
  }

  /**
   * Progress until the job is over; the last update says how.
   *
   * @throws SheafError `JOB_UNKNOWN`, `NOT_LEADER` when this leader's time is over
   */
  async *watch(id: JobId, caller: AbortSignal): AsyncGenerator<JobUpdate> {
    const { book, config, over } = this.#parts;
    const signal = AbortSignal.any([caller, over]);
    for (let sent = ''; !caller.aborted; ) {
      over.throwIfAborted();
      const record = book.get(id);
      const update = this.#update(record);
      if (update.infoJson !== sent) yield update;
      sent = update.infoJson;
      if (isOver(record.life)) return;
      await book.changed(id, config.watchIntervalMs, signal);
    }
  }

  /**
   * Waits for the end of a job.
   *
   * @throws SheafError what it failed with, `CANCELLED`, `RESULT_GONE` if it was released, `NOT_LEADER`
   */
  async ended(id: JobId, caller: AbortSignal): Promise<JobResult> {
    const { book, config, over } = this.#parts;
    const signal = AbortSignal.any([caller, over]);
    for (;;) {
      signal.throwIfAborted();
      const { life } = book.get(id);
      if (life.state === 'failed') throw SheafError.fromData(life.error);
      if (life.state === 'cancelled') throw new SheafError('CANCELLED', `Job ${id} was cancelled`);
      if (life.state === 'succeeded' && life.result && !life.released) return life.result;
      if (life.state === 'succeeded')
        throw new SheafError('RESULT_GONE', `The result of job ${id} is gone`, { next: 'Run the job again.' });
      await book.changed(id, config.watchIntervalMs, signal);
    }
  }

  info(id: JobId): JobInfo {
    return infoOf(this.#parts.book.get(id), this.#parts.core);
  }

  list(): JobInfo[] {
    return this.#parts.book.list().map((record) => infoOf(record, this.#parts.core));
  }

  #update(record: JobRecord): JobUpdate {
    const { life } = record;
    const info = infoOf(record, this.#parts.core);
    return {
      infoJson: JSON.stringify(info),
      resultJson: life.state === 'succeeded' && life.result ? JSON.stringify(life.result) : '',
    };
  }
}
