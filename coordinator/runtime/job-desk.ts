import { randomBytes } from 'node:crypto';
import { monotonicMs } from '../../shared/clock.ts';
import type { Config } from '../../shared/config/config.ts';
import type { JobUpdate, LostPart } from '../../shared/contracts/jobs.ts';
import { SheafError } from '../../shared/errors.ts';
import { type Epoch, type JobId, jobId, stageId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/log.ts';
import type { Explanation, JobInfo, JobRequest, JobResult } from '../../shared/plan/job.ts';
import { bundlesOf, datasetsOf } from '../../shared/plan/walk.ts';
import type { Schema } from '../../shared/schema.ts';
import { runName } from '../../shared/stage.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Listings } from '../connectors/list-sources.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { DatasetSpool } from './dataset-spool.ts';
import type { JobBook } from './job-book.ts';
import { infoOf } from './job-info.ts';
import type { JobLedger } from './job-ledger.ts';
import type { JobPlanner } from './job-planner.ts';
import { isOver, type JobRecord } from './job-record.ts';
import { JobStages } from './job-stages.ts';
import type { ScannedFiles } from './planning-protocol.ts';
import type { SchedulerShell } from './shell.ts';
import { abortCommit, prepareCommit, removeLeftovers } from './sink-files.ts';

export interface DeskParts {
  readonly epoch: Epoch;
  readonly book: JobBook;
  readonly catalog: Pick<Catalog, 'expand'>;
  readonly ledger: JobLedger;
  readonly core: Scheduler;
  readonly shell: SchedulerShell;
  readonly planner: JobPlanner;
  readonly datasets: DatasetSpool;
  /** Aborted when this leader's time is over. */
  readonly over: AbortSignal;
  readonly slots: () => number;
  readonly config: Config;
  readonly log: Logger;
}

/** Of jobs that the coordinator itself submits. */
export interface SubmitOptions {
  /** Sources that were listed already: see `JobDesk.listSources`. */
  readonly listings?: Listings;
  /** No later leader goes on with it: whoever submitted it submits another one. */
  readonly transient?: boolean;
}

/** Where clients come in: accepts jobs, tells how they are, and takes their results' release. */
export class JobDesk {
  readonly #parts: DeskParts;
  /** Jobs whose records are being written. */
  readonly #accepting = new Map<JobId, Promise<void>>();
  readonly stages: JobStages;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.stages = new JobStages(parts);
  }

  /**
   * Accepts a job: when this resolves, another leader would go on with it. Planning begins at once; the same key again is
   * the same job.
   *
   * @throws SheafError `QUOTA_EXCEEDED`, `NOT_LEADER`
   */
  async submit(request: JobRequest, options: SubmitOptions = {}): Promise<JobId> {
    const known = request.key === undefined ? undefined : this.#parts.book.withKey(request.key);
    const id = known?.id ?? this.#accept({ ...request, plan: this.#parts.catalog.expand(request.plan) }, options);
    await this.#accepting.get(id);
    return id;
  }

  /** What would be done with a request. */
  async explain({ plan }: JobRequest): Promise<Explanation> {
    const { catalog, planner, slots } = this.#parts;
    const options = { slots: slots(), explain: true };
    const { staged, text = '' } = await planner.plan('job-explained', catalog.expand(plan), options);
    return { text, json: { stages: staged.stages, schema: staged.schema } };
  }

  /** Columns of a plan as it is, and what its scans read: nothing of the catalog is put into it. */
  async describe(plan: JobRequest['plan'], listings?: Listings): Promise<{ schema: Schema; files: ScannedFiles }> {
    const { planner, slots } = this.#parts;
    const { staged, files } = await planner.plan('job-described', plan, { slots: slots(), listings });
    return { schema: staged.schema, files };
  }

  /** Lists what a plan would extract now: handed on with `submit`, the job reads exactly this. */
  async listSources(plan: JobRequest['plan'], signal = this.#parts.over): Promise<Listings> {
    return await this.#parts.planner.list(plan, this.#parts.slots(), signal);
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
      if (life.state === 'succeeded') throw new SheafError('RESULT_GONE', `The result of job ${id} is gone`);
      await book.changed(id, config.watchIntervalMs, signal);
    }
  }

  info(id: JobId): JobInfo {
    return infoOf(this.#parts.book.get(id), this.#parts.core);
  }

  list(): JobInfo[] {
    return this.#parts.book.list().map((record) => infoOf(record, this.#parts.core));
  }

  /** When this resolves, another leader would not go on with the job either. */
  async cancel(id: JobId, reason: string): Promise<void> {
    const { book, ledger, shell } = this.#parts;
    const { life } = book.get(id);
    if (isOver(life)) return;
    book.change(id, { life: { state: 'cancelling' } });
    this.#parts.planner.cancel(id, reason);
    if (life.state === 'planning') return await this.end(id, { state: 'cancelled', endedMs: Date.now() });
    shell.post({ kind: 'cancelRequested', job: id, reason });
    await ledger.cancelling(id);
  }

  /** The client has its result, or wants it no more. */
  release(id: JobId): void {
    const { book, ledger, shell, log } = this.#parts;
    const { life } = book.get(id);
    if (life.state !== 'succeeded' || life.released) return;
    book.change(id, { life: { ...life, released: true } });
    shell.post({ kind: 'jobReleased', job: id });
    void ledger.succeeded(id).catch((error: unknown) => log.debug({ job: id, error }, 'a release was not written'));
  }

  /** @throws SheafError `RESULT_GONE` if there is no result to make again */
  reportLost({ job, stage, task, attempt }: LostPart): void {
    const { book, shell } = this.#parts;
    const id = jobId(job);
    const { life } = book.get(id);
    if (life.state === 'running' || life.state === 'planning') return; // Another reader said so, or another leader ended.
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

  /** Ends a job that the scheduler does not have (any more). It is written before it is told: no leader revives it. */
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

  #accept(request: JobRequest, { listings, transient }: SubmitOptions): JobId {
    const { book, ledger, log } = this.#parts;
    const { plan, name, key } = request;
    const id = jobId(`job-${randomBytes(5).toString('hex')}`);
    const facts = { id, name, submittedMs: Date.now(), ...(key === undefined ? {} : { key }) };
    book.add({ ...facts, datasets: datasetsOf(plan), bundles: bundlesOf(plan), life: { state: 'planning' } });
    log.info({ job: id, name }, 'job submitted');
    const slots = this.#parts.slots();
    const destination = plan.kind === 'write' ? { destination: plan.path } : {};
    const saved = { ...facts, ...destination, slots, takeovers: 0, state: 'running' } as const;
    const accepting = transient ? Promise.resolve() : ledger.accept(saved, JSON.stringify(request));
    this.#accepting.set(id, accepting);
    void accepting.catch((thrown: unknown) => this.refuse(id, thrown)).finally(() => this.#accepting.delete(id));
    void this.run(id, request, slots, listings);
    return id;
  }

  async #run(id: JobId, request: JobRequest, slots: number, listings?: Listings): Promise<void> {
    const { book, shell, epoch, planner, config } = this.#parts;
    const { staged } = await planner.plan(runName(id, epoch), request.plan, { slots, job: id, listings });
    const sink = staged.sink && { ...staged.sink, staging: staged.sink.stagingDirectory };
    if (!this.#isPlanning(id)) return; // Cancelled while it was planned.
    if (sink && book.get(id).takenOver) await removeLeftovers(sink.path, id, config);
    if (sink) await prepareCommit(sink, config);
    if (!this.#isPlanning(id)) return sink && (await abortCommit(sink, config));
    const { priority } = request;
    const deterministic = staged.stages.every((stage) => stage.deterministic);
    const deadlineMs = this.#deadline(book.get(id), request);
    const { stages, finalStage, adaptations } = this.stages.begin(id, staged, slots);
    const known = { schema: staged.schema, deterministic, adaptations, ...(sink ? { sink } : {}) };
    book.change(id, { life: { state: 'running' }, ...known });
    shell.post({
      kind: 'jobSubmitted',
      job: id,
      stages,
      priority,
      ...(finalStage === undefined ? {} : { finalStage }),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    });
  }

  /** On the monotonic clock. Of a job taken over, the time under earlier leaders counts, by the wall clock. */
  #deadline({ takenOver, submittedMs }: JobRecord, { deadlineMs }: JobRequest): number | undefined {
    if (deadlineMs === undefined) return undefined;
    const spentMs = takenOver ? Math.max(0, Date.now() - submittedMs) : 0;
    return monotonicMs() + Math.max(0, deadlineMs - spentMs);
  }

  /** Not cancelled while it was planned, or even forgotten since. */
  #isPlanning(id: JobId): boolean {
    return this.#parts.book.find(id)?.life.state === 'planning';
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
