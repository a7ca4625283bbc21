import { randomBytes } from 'node:crypto';
import { monotonicMs } from '../../shared/clock.ts';
import type { Config } from '../../shared/config/config.ts';
import type { JobUpdate, LostPart } from '../../shared/contracts/jobs.ts';
import { SheafError } from '../../shared/errors.ts';
import { type JobId, jobId, stageId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/log.ts';
import type { Explanation, JobInfo, JobRequest } from '../../shared/plan/job.ts';
import { datasetsOf } from '../../shared/plan/walk.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { DatasetSpool } from './dataset-spool.ts';
import type { JobBook } from './job-book.ts';
import { infoOf } from './job-info.ts';
import { isOver, type JobRecord } from './job-record.ts';
import type { Planning } from './planning.ts';
import type { SchedulerShell } from './shell.ts';
import { abortCommit, prepareCommit } from './sink-files.ts';

export interface DeskParts {
  readonly book: JobBook;
  readonly core: Scheduler;
  readonly shell: SchedulerShell;
  readonly planning: Planning;
  readonly datasets: DatasetSpool;
  /** Aborted when this leader's time is over. */
  readonly over: AbortSignal;
  readonly slots: () => number;
  readonly config: Config;
  readonly log: Logger;
}

/** Where clients come in: accepts jobs, tells how they are, and takes their results' release. */
export class JobDesk {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** Accepts a job and returns its id at once; planning goes on behind. */
  submit(request: JobRequest): JobId {
    const { book, log } = this.#parts;
    const id = jobId(`job-${randomBytes(5).toString('hex')}`);
    book.add({ id, request, submittedMs: Date.now(), life: { state: 'planning' } });
    log.info({ job: id, name: request.name }, 'job submitted');
    void this.#start(id, request).catch((thrown: unknown) => this.#refuse(id, thrown));
    return id;
  }

  /** What would be done with a request. */
  async explain(request: JobRequest): Promise<Explanation> {
    const { staged, text = '' } = await this.#plan(jobId('job-explained'), request, true);
    return { text, json: { stages: staged.stages, schema: staged.schema } };
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

  info(id: JobId): JobInfo {
    return infoOf(this.#parts.book.get(id), this.#parts.core);
  }

  list(): JobInfo[] {
    return this.#parts.book.list().map((record) => infoOf(record, this.#parts.core));
  }

  cancel(id: JobId, reason: string): void {
    const { book, shell } = this.#parts;
    const { life } = book.get(id);
    if (isOver(life)) return;
    if (life.state === 'planning') this.#end(id, { state: 'cancelled', endedMs: Date.now() });
    else {
      book.change(id, { life: { state: 'cancelling' } });
      shell.post({ kind: 'cancelRequested', job: id, reason });
    }
  }

  /** The client has its result, or wants it no more. */
  release(id: JobId): void {
    const { book, shell } = this.#parts;
    const { life } = book.get(id);
    if (life.state !== 'succeeded' || life.released) return;
    book.change(id, { life: { ...life, released: true } });
    shell.post({ kind: 'jobReleased', job: id });
  }

  /** @throws SheafError `RESULT_GONE` if there is no result to make again */
  reportLost({ job, stage, task, attempt }: LostPart): void {
    const { book, shell } = this.#parts;
    const id = jobId(job);
    const { life } = book.get(id);
    if (life.state === 'running') return; // Another reader said so before.
    const part = life.state === 'succeeded' && !life.released ? life.result.parts : [];
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
    const active = book.list().filter(({ life }) => !isOver(life) || (life.state === 'succeeded' && !life.released));
    await datasets.expire(longAgoMs, new Set(active.flatMap(({ request }) => datasetsOf(request.plan))));
  }

  async #start(id: JobId, request: JobRequest): Promise<void> {
    const { book, shell } = this.#parts;
    const { staged } = await this.#plan(id, request, false);
    const sink = staged.sink && { ...staged.sink, staging: staged.sink.stagingDirectory };
    if (this.#isOver(id)) return; // Cancelled while it was planned.
    if (sink) await prepareCommit(sink);
    if (this.#isOver(id)) return sink && (await abortCommit(sink));
    const { deadlineMs, priority } = request;
    const deterministic = staged.stages.every((stage) => stage.deterministic);
    book.change(id, { life: { state: 'running' }, schema: staged.schema, deterministic, ...(sink ? { sink } : {}) });
    shell.post({
      kind: 'jobSubmitted',
      job: id,
      stages: staged.stages,
      finalStage: staged.finalStage,
      priority,
      ...(deadlineMs === undefined ? {} : { deadlineMs: monotonicMs() + deadlineMs }),
    });
  }

  #plan(job: JobId, { plan }: JobRequest, explain: boolean) {
    const { planning, datasets, slots } = this.#parts;
    const held = Object.fromEntries(datasetsOf(plan).map((id) => [id, datasets.segments(id)]));
    return planning.plan({ job, plan, slots: slots(), datasets: held, nowMs: Date.now(), explain });
  }

  /** Also of a job that ended so long ago that it is forgotten. */
  #isOver(id: JobId): boolean {
    const record = this.#parts.book.find(id);
    return record === undefined || isOver(record.life);
  }

  #refuse(id: JobId, thrown: unknown): void {
    const error = SheafError.from(thrown);
    this.#parts.log.info({ job: id, code: error.code }, error.message);
    if (this.#isOver(id)) return;
    this.#end(id, { state: 'failed', error: error.toData(), endedMs: Date.now() });
  }

  #end(id: JobId, life: JobRecord['life']): void {
    const { book, datasets, log } = this.#parts;
    const { request } = book.change(id, { life });
    void datasets
      .dropAll(datasetsOf(request.plan))
      .catch((error: unknown) => log.warn({ job: id, error }, 'datasets were not removed'));
  }

  #update(record: JobRecord): JobUpdate {
    const { life } = record;
    const info = infoOf(record, this.#parts.core);
    return {
      infoJson: JSON.stringify(info),
      resultJson: life.state === 'succeeded' ? JSON.stringify(life.result) : '',
    };
  }
}
