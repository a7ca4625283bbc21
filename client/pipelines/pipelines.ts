import type { Pipeline } from '../../pipeline/pipeline.ts';
import type { PipelineDocument } from '../../pipeline/records/document.ts';
import type { Interval } from '../../pipeline/records/due-times.ts';
import type { PipelineRecord } from '../../pipeline/records/record.ts';
import type { RunInfo, RunRecord } from '../../pipeline/records/run.ts';
import { newRunId } from '../../pipeline/records/run-id.ts';
import type { RunRequest } from '../../pipeline/records/run-request.ts';
import type { BackfillPlan, BackfillRequest, ScheduleInfo } from '../../pipeline/records/schedule.ts';
import type { SampleResult } from '../../pipeline/samples/run-samples.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import { resolverFor } from '../job/resolver.ts';
import { persist } from '../session/persist.ts';
import type { Session } from '../session/session.ts';
import { type Backfill, type BackfillOptions, carryOut } from './backfill.ts';
import { JobProgress } from './job-progress.ts';
import { watchRun } from './watch.ts';

/** Options of `pipelines.run`. */
export interface RunOptions {
  /** Values of the pipeline's parameters, by name. */
  readonly params?: Readonly<Record<string, Json>>;
  /** Gives up waiting, and cancels the run. */
  readonly signal?: AbortSignal;
  /** Called with each update, the last one after the run's end. */
  readonly onProgress?: (run: RunInfo) => void;
}

/** Which runs to list. */
export interface RunsWanted {
  readonly pipeline?: string;
  readonly limit?: number;
}

/** Pipelines of a cluster, and their runs: `cluster.pipelines`. */
export class PipelinesClient {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Keeps a pipeline in the cluster: from now on it can be run by its name, and its schedule is in force.
   *
   * @param options `pause`: its schedule starts nothing before {@link resume}. Without it, one that was paused stays
   * so.
   * @throws SheafError `PIPELINE_INVALID`, `QUOTA_EXCEEDED`
   */
  async deploy(
    pipeline: Pipeline | PipelineDocument,
    { pause = false }: { readonly pause?: boolean } = {},
  ): Promise<PipelineRecord> {
    return await this.#put(pipeline, true, pause);
  }

  /** The schedules in force and those that are paused, with their next due times, by name. */
  async schedules(): Promise<readonly ScheduleInfo[]> {
    const { json } = await this.#ask(() => this.#session.pipelines.listSchedules({}));
    return json.map((text) => JSON.parse(text) as ScheduleInfo);
  }

  /** A schedule starts nothing until {@link resume}. What runs goes on. @throws SheafError `PIPELINE_UNKNOWN` */
  async pause(pipeline: string): Promise<ScheduleInfo> {
    return await this.#pause(pipeline, true);
  }

  /** What was due meanwhile is made up as the schedule's `catchUp` says. @throws SheafError `PIPELINE_UNKNOWN` */
  async resume(pipeline: string): Promise<ScheduleInfo> {
    return await this.#pause(pipeline, false);
  }

  /**
   * Runs a pipeline once, and waits for the end of the run, which is no error however it ends.
   *
   * @param pipeline as its file exports it, or the name of one that the cluster knows
   * @throws SheafError `PIPELINE_UNKNOWN`, `PIPELINE_INVALID` for its parameters; `CANCELLED` by the signal
   */
  async run(pipeline: Pipeline | PipelineDocument | string, options: RunOptions = {}): Promise<RunInfo> {
    const { id } = await this.submit(pipeline, options);
    return await this.follow(id, options);
  }

  /** As {@link run}, without waiting. */
  async submit(pipeline: Pipeline | PipelineDocument | string, { params = {} }: RunOptions = {}): Promise<RunRecord> {
    if (typeof pipeline === 'string') return await this.#submit({ pipeline, cause: 'manual', params });
    const { name, version } = await this.#put(pipeline, false, false);
    return await this.#submit({ pipeline: name, version, cause: 'manual', params });
  }

  /**
   * Loads the rejected rows of a run, with the rules and the parsers that its pipeline has now: each row once, however
   * often it is asked for.
   *
   * @throws SheafError `RUN_UNKNOWN`, `NOT_SUPPORTED` if it kept no rejected rows or they were replayed already
   */
  async replay(run: string, options: RunOptions = {}): Promise<RunInfo> {
    const { pipeline, params } = await this.runInfo(run);
    const { id } = await this.#submit({ pipeline, cause: 'replay', params, replayOf: run });
    return await this.follow(id, options);
  }

  /**
   * Loads the intervals of a pipeline's schedule that are not loaded yet, each by a run of its own that gets
   * `interval_start` and `interval_end`. What is loaded is left out, so that asked again it redoes only what failed. A
   * run that fails does not stop the others.
   *
   * @throws SheafError `PIPELINE_UNKNOWN`; `NOT_SUPPORTED` for a pipeline without a schedule, or that does not look at
   * its interval; `USAGE` if there is no whole interval, `QUOTA_EXCEEDED` if there are too many; `CANCELLED` by the
   * signal
   */
  async backfill(pipeline: string, options: BackfillOptions): Promise<Backfill> {
    const { from, to, again = false, parallel = 1 } = options;
    const { backfillParallelMax: parallelMax } = this.#session.config;
    if (!Number.isInteger(parallel) || parallel < 1 || parallel > parallelMax) throw notParallel(parallel, parallelMax);
    const request: BackfillRequest = { pipeline, from, to, again };
    const { json } = await this.#ask(() => this.#session.pipelines.planBackfill({ json: JSON.stringify(request) }));
    const plan = JSON.parse(json) as BackfillPlan;
    const run = async ({ run: id, ...interval }: Interval & { readonly run: string }, given: AbortSignal) => {
      await this.#submit({ pipeline, version: plan.version, cause: 'backfill', interval, id });
      return await this.follow(id, { signal: given });
    };
    return await carryOut(plan, run, options);
  }

  /** Waits for a run's end. If the signal is aborted before, the run is cancelled. */
  async follow(id: string, { signal, onProgress }: RunOptions = {}): Promise<RunInfo> {
    const given = AbortSignal.any([this.#session.closed, ...(signal ? [signal] : [])]);
    const jobs = new JobProgress(this.#session);
    try {
      for await (const info of watchRun(this.#session, id, given)) {
        onProgress?.(info);
        await jobs.update(info.job);
        if ('endedMs' in info.life) return info;
      }
    } catch (thrown) {
      if (signal?.aborted) await this.cancel(id).catch(() => {}); // A load that is decided cannot be cancelled: it is done whether anybody waits or not.
      throw thrown;
    }
    return await this.runInfo(id);
  }

  /** All that the cluster knows, by name. */
  async list(): Promise<readonly PipelineRecord[]> {
    const { json } = await this.#ask(() => this.#session.pipelines.list({}));
    return json.map((text) => JSON.parse(text) as PipelineRecord);
  }

  /** The latest first. */
  async runs({ pipeline = '', limit = 0 }: RunsWanted = {}): Promise<readonly RunRecord[]> {
    const { json } = await this.#ask(() => this.#session.pipelines.listRuns({ pipeline, limit }));
    return json.map((text) => JSON.parse(text) as RunRecord);
  }

  /** @throws SheafError `RUN_UNKNOWN` */
  async runInfo(id: string): Promise<RunInfo> {
    const { json } = await this.#ask(() => this.#session.pipelines.getRun({ run: id }));
    return JSON.parse(json) as RunInfo;
  }

  /** A run's progress until its end; the last one says how it ended. @throws SheafError `RUN_UNKNOWN` */
  watch(id: string, signal: AbortSignal = this.#session.closed): AsyncIterable<RunInfo> {
    return watchRun(this.#session, id, AbortSignal.any([this.#session.closed, signal]));
  }

  /**
   * Without effect on a run that has ended.
   *
   * @param options `abandon`: also one whose load is decided, which a sink refuses for good while another has
   * committed. Its sinks are asked once more; then it ends as failed. Its summary says what is loaded. No cursor moves:
   * the next run reads the same again
   * @throws SheafError `RUN_UNKNOWN`; `NOT_SUPPORTED` once its load is decided
   */
  async cancel(id: string, { abandon = false }: { readonly abandon?: boolean } = {}): Promise<void> {
    await this.#ask(() => this.#session.pipelines.cancelRun({ run: id, abandon }));
  }

  /**
   * Runs the samples of a pipeline, one after the other: nothing is read from its sources, nothing is loaded.
   *
   * @param folder of the pipeline's file: paths in its samples are relative to it
   */
  async *test(pipeline: Pipeline, folder = process.cwd()): AsyncGenerator<SampleResult, void, undefined> {
    const { runSamples } = await import('../../pipeline/samples/run-samples.ts');
    yield* runSamples(this.#session, pipeline, folder);
  }

  /**
   * Forgets a pipeline, where it left off, and its runs. What it loaded stays. @throws SheafError `PIPELINE_UNKNOWN`
   */
  async remove(name: string): Promise<void> {
    await this.#ask(() => this.#session.pipelines.remove({ name }));
  }

  async #pause(pipeline: string, paused: boolean): Promise<ScheduleInfo> {
    const { json } = await this.#ask(() => this.#session.pipelines.pauseSchedule({ pipeline, paused }));
    return JSON.parse(json) as ScheduleInfo;
  }

  async #put(pipeline: Pipeline | PipelineDocument, deployed: boolean, paused: boolean): Promise<PipelineRecord> {
    const request = { json: JSON.stringify(await this.#documentOf(pipeline)), deployed, paused };
    const { json } = await this.#ask(() => this.#session.pipelines.put(request));
    return JSON.parse(json) as PipelineRecord;
  }

  /** Functions of a definition are bundled, and put where the workers get them. */
  async #documentOf(pipeline: Pipeline | PipelineDocument): Promise<PipelineDocument> {
    if ('version' in pipeline) return pipeline;
    const { documentOf } = await import('../../pipeline/define/document.ts');
    return await documentOf(pipeline, resolverFor(this.#session, this.#session.closed));
  }

  /** Idempotent: the leader accepts an id once. */
  async #submit(request: RunRequest): Promise<RunRecord> {
    const json = JSON.stringify({ id: newRunId(request.pipeline, Date.now()), ...request });
    const { json: record } = await this.#ask(() => this.#session.pipelines.submit({ json }));
    return JSON.parse(record) as RunRecord;
  }

  #ask<T>(call: () => Promise<T>): Promise<T> {
    return persist(this.#session, this.#session.closed, call);
  }
}

const notParallel = (parallel: number, max: number): SheafError =>
  new SheafError('USAGE', `${parallel} runs at a time are not possible`, {
    next: `Take a whole number from 1 to ${max} (backfillParallelMax).`,
  });
