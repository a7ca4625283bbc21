import type { Config } from '../../../shared/config/config.ts';
import type { LostPart } from '../../../shared/contracts/jobs.ts';
import { SheafError } from '../../../shared/errors.ts';
import { type JobId, jobId, stageId } from '../../../shared/ids.ts';
import type { Logger } from '../../../shared/log.ts';
import type { JobResult } from '../../../shared/plan/job.ts';
import type { DatasetSpool } from '../dataset-spool.ts';
import type { JobPlanner } from '../planning/job-planner.ts';
import type { SchedulerShell } from '../shell.ts';
import type { JobBook } from './job-book.ts';
import type { JobLedger } from './job-ledger.ts';
import { isOver, type JobRecord } from './job-record.ts';

/** What {@link HeldResults} works with. */
export interface HeldResultsParts {
  readonly book: JobBook;
  readonly ledger: Pick<JobLedger, 'succeeded'>;
  readonly shell: SchedulerShell;
  readonly planner: Pick<JobPlanner, 'held'>;
  readonly datasets: Pick<DatasetSpool, 'expire'>;
  readonly config: Pick<Config, 'resultRetentionMs'>;
  readonly log: Logger;
}

/** The places of its parts are kept for a released result, too. */
const withoutRows = (result: JobResult | undefined): { readonly result?: JobResult } =>
  result === undefined ? {} : { result: { ...result, parts: result.parts.map(({ inline: _, ...part }) => part) } };

/** Results on workers, and what jobs hold for them: until they are released, or nobody has fetched them in time. */
export class HeldResults {
  readonly #parts: HeldResultsParts;

  constructor(parts: HeldResultsParts) {
    this.#parts = parts;
  }

  /** The client has its result, or no longer wants it. */
  release(id: JobId): void {
    const { book, ledger, shell, log } = this.#parts;
    const { life } = book.get(id);
    if (life.state !== 'succeeded' || life.released) return;
    book.change(id, { life: { ...life, ...withoutRows(life.result), released: true } });
    shell.post({ kind: 'jobReleased', job: id });
    void ledger.succeeded(id).catch((error: unknown) => log.debug({ job: id, error }, 'a release was not written'));
  }

  /** @throws SheafError `RESULT_GONE` if there is no result to make again */
  reportLost({ job, stage, task, attempt }: LostPart): void {
    const { book, shell } = this.#parts;
    const id = jobId(job);
    const { life } = book.get(id);
    if (life.state === 'running' || life.state === 'planning') return; // Another reader reported it already, or the epoch is an earlier leader's.
    const part = life.state === 'succeeded' && !life.released ? (life.result?.parts ?? []) : [];
    const lost = part.find((each) => each.stage === stage && each.task === task && each.attempt === attempt);
    if (!lost)
      throw new SheafError('RESULT_GONE', `Job ${job} holds no such part of its result any more`, {
        next: 'Run the job again.',
      });
    book.change(id, { life: { state: 'running' } });
    shell.post({
      kind: 'resultLost',
      job: id,
      producer: { stage: stageId(stage), task, attempt, worker: lost.worker },
    });
  }

  /** Releases results that nobody fetched in time, and drops datasets that nobody used. */
  async expire(nowMs: number): Promise<void> {
    const { book, config, datasets, log } = this.#parts;
    const longAgoMs = nowMs - config.resultRetentionMs;
    for (const { id, life } of book.list()) {
      if (life.state !== 'succeeded' || life.released || life.endedMs > longAgoMs) continue;
      log.info({ job: id }, 'result expired');
      this.release(id);
    }
    const active = this.active();
    await this.#parts.planner.held.releaseBut(new Set(active.map(({ id }) => id)));
    await datasets.expire(longAgoMs, new Set(active.flatMap((record) => record.datasets)));
  }

  /** Jobs that are not over, or whose results may have to be made again. */
  active(): JobRecord[] {
    const records = this.#parts.book.list();
    return records.filter(({ life }) => !isOver(life) || (life.state === 'succeeded' && !life.released));
  }
}
