import { monotonicMs } from '../../../shared/clock.ts';
import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Epoch, JobId } from '../../../shared/ids.ts';
import type { Logger } from '../../../shared/log.ts';
import type { JobRequest } from '../../../shared/plan/job.ts';
import { runName } from '../../../shared/stage/staging.ts';
import type { Listings } from '../../connectors/list-sources.ts';
import type { StagedPlan } from '../../planner/stages/staged-plan.ts';
import type { DatasetSpool } from '../dataset-spool.ts';
import type { JobPlanner } from '../planning/job-planner.ts';
import type { SchedulerShell } from '../shell.ts';
import type { FileCommit } from '../sinks/file-commit.ts';
import { abortCommit, prepareCommit, removeLeftovers } from '../sinks/sink-files.ts';
import type { JobBook } from './job-book.ts';
import type { JobLedger } from './job-ledger.ts';
import type { JobRecord } from './job-record.ts';
import type { JobStages } from './job-stages.ts';
import type { WideJobs } from './wide-jobs.ts';

/** What {@link JobStarts} works with. */
export interface JobStartsParts {
  readonly epoch: Epoch;
  readonly book: JobBook;
  readonly ledger: Pick<JobLedger, 'failed' | 'cancelled'>;
  readonly shell: SchedulerShell;
  readonly planner: Pick<JobPlanner, 'plan'>;
  readonly stages: Pick<JobStages, 'begin'>;
  readonly wideJobs: Pick<WideJobs, 'remember'>;
  readonly datasets: Pick<DatasetSpool, 'dropAll'>;
  readonly config: Config;
  readonly log: Logger;
}

/** Jobs on their way from the book to the scheduler: planned, handed over, or ended before that. */
export class JobStarts {
  readonly #parts: JobStartsParts;

  constructor(parts: JobStartsParts) {
    this.#parts = parts;
  }

  /** Plans a job that is in the book, and hands it to the scheduler. What is wrong with it fails it. */
  async run(id: JobId, request: JobRequest, slots: number, listings?: Listings): Promise<void> {
    try {
      await this.#run(id, request, slots, listings);
    } catch (thrown) {
      await this.refuse(id, thrown);
    }
  }

  /** The job cannot go on. */
  async refuse(id: JobId, thrown: unknown): Promise<void> {
    const { book, shell, log } = this.#parts;
    const error = SheafError.from(thrown).toData();
    const state = book.find(id)?.life.state;
    log.info({ job: id, code: error.code }, error.message);
    if (state === 'planning') await this.end(id, { state: 'failed', error, endedMs: Date.now() });
    else if (state === 'running') shell.post({ kind: 'jobAborted', job: id, error });
  }

  /**
   * Ends a job that the scheduler does not have (any more). The end is written before it is announced: no leader
   * revives the job.
   */
  async end(id: JobId, life: Extract<JobRecord['life'], { state: 'failed' | 'cancelled' }>): Promise<void> {
    const { book, ledger, datasets, log } = this.#parts;
    try {
      await (life.state === 'failed' ? ledger.failed(id, life.error) : ledger.cancelled(id));
      const record = book.change(id, { life });
      await datasets.dropAll(record.datasets);
    } catch (error) {
      log.warn({ job: id, error }, 'the end of a job was not written, or its datasets were not removed');
    }
  }

  async #run(id: JobId, request: JobRequest, slots: number, listings?: Listings): Promise<void> {
    const { epoch, planner } = this.#parts;
    const { plan, priority, deadlineMs } = request;
    const options = { slots, job: id, listings, priority, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
    const { staged } = await planner.plan(runName(id, epoch), plan, options);
    const sink = staged.sink && { ...staged.sink, staging: staged.sink.stagingDirectory };
    if (await this.#prepareFiles(id, sink)) this.#handOver(id, request, staged, slots, sink);
  }

  /** Room for what it writes. False if it was cancelled meanwhile. */
  async #prepareFiles(id: JobId, sink: FileCommit | undefined): Promise<boolean> {
    const { book, config } = this.#parts;
    if (!this.#isPlanning(id) || !sink) return this.#isPlanning(id);
    if (book.get(id).takenOver) await removeLeftovers(sink.path, id, config);
    await prepareCommit(sink, config);
    if (this.#isPlanning(id)) return true;
    await abortCommit(sink, config);
    return false;
  }

  #handOver(id: JobId, request: JobRequest, plan: StagedPlan, slots: number, sink: FileCommit | undefined): void {
    const { book, shell, stages: growing, wideJobs } = this.#parts;
    wideJobs.remember(id, request.plan, plan);
    const deadlineMs = this.#deadline(book.get(id), request);
    const deterministic = plan.stages.every((stage) => stage.deterministic);
    const { stages, finalStage, adaptations } = growing.begin(id, plan, slots);
    const known = { schema: plan.schema, deterministic, adaptations, ...(sink ? { sink } : {}) };
    book.change(id, { life: { state: 'running' }, ...known });
    shell.post({
      ...{ kind: 'jobSubmitted', job: id, stages, priority: request.priority },
      ...(finalStage === undefined ? {} : { finalStage }),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    });
  }

  /**
   * On the monotonic clock. The time until now counts: what was looked up before, and earlier leaders, by the wall
   * clock.
   */
  #deadline({ submittedMs }: JobRecord, { deadlineMs }: JobRequest): number | undefined {
    if (deadlineMs === undefined) return undefined;
    return monotonicMs() + Math.max(0, deadlineMs - Math.max(0, Date.now() - submittedMs));
  }

  /** Not cancelled while it was planned, or even forgotten since. */
  #isPlanning(id: JobId): boolean {
    return this.#parts.book.find(id)?.life.state === 'planning';
  }
}
