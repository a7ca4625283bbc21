import type { PipelineDocument } from '../../pipeline/records/document.ts';
import { DueTimes } from '../../pipeline/records/due-times.ts';
import type { PipelineRecord } from '../../pipeline/records/record.ts';
import type { RunRecord } from '../../pipeline/records/run.ts';
import { newRunId } from '../../pipeline/records/run-id.ts';
import type { RunRequest } from '../../pipeline/records/run-request.ts';
import type { BackfillPlan, BackfillRequest, ScheduleInfo } from '../../pipeline/records/schedule.ts';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Keys } from '../../shared/store/keys.ts';
import type { Store } from '../../shared/store/store.ts';
import { blobsOf, type Documents } from './records/documents.ts';
import { forgetPipeline } from './records/forget-pipeline.ts';
import type { PipelineBook } from './records/pipeline-book.ts';
import type { RunBook } from './records/run-book.ts';
import type { RunCompiler } from './runs/compile-run.ts';
import type { RunViews } from './runs/run-views.ts';
import type { Runner } from './runs/runner.ts';
import type { Coverage } from './schedule/coverage.ts';
import { planBackfill } from './schedule/plan-backfill.ts';
import type { Timetable } from './schedule/timetable.ts';

/** What {@link PipelinesDesk} works with. */
export interface DeskParts {
  readonly runs: RunBook;
  readonly pipelines: PipelineBook;
  readonly documents: Documents;
  readonly compiler: RunCompiler;
  readonly runner: Runner;
  readonly views: Pick<RunViews, 'ended'>;
  readonly timetable: Timetable;
  readonly coverage: Coverage;
  readonly store: Pick<Store, 'list'>;
  readonly keys: Keys;
  /** Aborted when this leader's time is over. */
  readonly over: AbortSignal;
  /** Wall-clock time. */
  readonly now: () => number;
  readonly config: Config;
}

/** The entrance for pipelines and runs: clients and the schedule submit, cancel and remove them here. */
export class PipelinesDesk {
  readonly #parts: DeskParts;
  /** Runs whose records are being written. */
  readonly #accepting = new Map<string, Promise<RunRecord>>();

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /**
   * Keeps a document, so that its pipeline can be run by its name.
   *
   * @param deployed from now on its schedule is in force, or will be once it is no longer paused
   * @throws SheafError `PLAN_INVALID` if the version is not that of its content, `PIPELINE_INVALID` for a schedule, or
   * a parameter that its runs would lack, `QUOTA_EXCEEDED`, `DISK_FULL`
   */
  async put(document: PipelineDocument, deployed: boolean, paused = false): Promise<PipelineRecord> {
    const { pipelines, documents, timetable } = this.#parts;
    const { name, version } = document;
    if (deployed) await this.#mustBeDue(document);
    await documents.putDocument(document); // Before what names it.
    const before = pipelines.find(name);
    const kept = deployed ? version : before?.deployed;
    const other = kept === undefined || kept === version ? [] : blobsOf(await documents.document(kept));
    const blobs = [...new Set([...blobsOf(document), ...other])];
    const record = { name, version, blobs, updatedMs: Date.now(), ...(kept === undefined ? {} : { deployed: kept }) };
    await pipelines.put(record);
    if (deployed) await timetable.deploy(document, paused);
    return record;
  }

  /** What is wrong with a run of its schedule is told now, not when it is due. */
  async #mustBeDue(document: PipelineDocument): Promise<void> {
    const { schedule, name: pipeline, version } = document;
    if (!schedule) return;
    const interval = new DueTimes(schedule).interval(Date.now());
    const run = {
      id: newRunId(pipeline, Date.now()),
      pipeline,
      version,
      interval,
      params: {},
      submittedMs: Date.now(),
    };
    const life = { state: 'queued', dueMs: Date.now() } as const;
    await this.#parts.compiler.plan(
      { ...run, cause: 'schedule', attempt: 1, failures: 0, takeovers: 0, life },
      document,
      {},
    );
  }

  /** As `planBackfill` says. @throws SheafError also `PIPELINE_UNKNOWN` */
  async planBackfill(request: BackfillRequest): Promise<BackfillPlan> {
    const { pipelines, documents, runs, coverage, now, config } = this.#parts;
    const { pipeline } = request;
    const { deployed, version } = pipelines.get(pipeline);
    const document = await documents.document(deployed ?? version);
    const [known, covered] = [runs.list(pipeline), coverage.of(pipeline)];
    const { backfillIntervalsMax } = config;
    return planBackfill(request, { document, runs: known, covered, nowMs: now(), backfillIntervalsMax });
  }

  schedules(): ScheduleInfo[] {
    return this.#parts.timetable.list();
  }

  /** @throws SheafError `PIPELINE_UNKNOWN` */
  async pauseSchedule(pipeline: string, paused: boolean): Promise<ScheduleInfo> {
    return await this.#parts.timetable.pause(pipeline, paused);
  }

  /**
   * Accepts a run: when this resolves, another leader would go on with it. The same id again is the same run.
   *
   * @throws SheafError `PIPELINE_UNKNOWN`, `PIPELINE_INVALID` for its parameters, `QUOTA_EXCEEDED`, `NOT_LEADER`
   */
  async submit(request: RunRequest): Promise<RunRecord> {
    const { id = newRunId(request.pipeline, Date.now()) } = request;
    const known = this.#parts.runs.find(id);
    if (known) return known;
    const accepting = this.#accepting.get(id) ?? this.#accept({ ...request, id });
    this.#accepting.set(id, accepting);
    return await accepting.finally(() => this.#accepting.delete(id));
  }

  async #accept(request: RunRequest & { readonly id: string }): Promise<RunRecord> {
    const { runs, pipelines, documents, compiler, runner, now } = this.#parts;
    const { id, pipeline, cause, params = {}, interval, replayOf } = request;
    const { version = pipelines.get(pipeline).version } = request;
    this.#refuseMore(pipeline);
    const nowMs = now();
    const record: RunRecord = {
      ...{ id, pipeline, version, cause, params, submittedMs: nowMs },
      ...(interval ? { interval } : {}),
      ...(replayOf === undefined ? {} : { replayOf }),
      ...{ attempt: 1, failures: 0, takeovers: 0, life: { state: 'queued', dueMs: nowMs } },
    };
    await compiler.plan(record, await documents.document(version), {}); // What is wrong with it is told now.
    await runs.put(record);
    runner.look();
    return record;
  }

  /** @throws SheafError `QUOTA_EXCEEDED` */
  #refuseMore(pipeline: string): void {
    const { runs, config } = this.#parts;
    const waiting = runs.list(pipeline).filter(({ life }) => life.state === 'queued').length;
    if (waiting < config.runsQueuedMax) return;
    throw new SheafError('QUOTA_EXCEEDED', `${waiting} runs of ${pipeline} wait already (runsQueuedMax)`, {
      retryable: true,
      next: `Wait, or cancel some: npx sheaf runs ${pipeline}.`,
    });
  }

  pipelines(): PipelineRecord[] {
    return this.#parts.pipelines.list();
  }

  /** @throws SheafError `PIPELINE_UNKNOWN` */
  async document(name: string): Promise<PipelineDocument> {
    return await this.#parts.documents.document(this.#parts.pipelines.get(name).version);
  }

  /**
   * When this resolves, no leader goes on with the run. Without effect on one that has ended.
   *
   * @param abandon also cancels one whose load is decided: its sinks are asked once more, then it ends, even if half
   * loaded
   * @throws SheafError `RUN_UNKNOWN`; `NOT_SUPPORTED` once its load is decided
   */
  async cancel(id: string, abandon = false): Promise<void> {
    const { runs, runner, views } = this.#parts;
    runs.get(id);
    await runner.post(id, { kind: abandon ? 'abandoned' : 'cancelled' });
    if (abandon) return await views.ended(id);
    if (runs.find(id)?.life.state !== 'committing') return;
    throw new SheafError('NOT_SUPPORTED', `Run ${id} is being committed: what was decided is loaded`, {
      next: `Wait for its end: npx sheaf run-info ${id}. If a sink refuses for good: npx sheaf cancel ${id} --abandon.`,
    });
  }

  /**
   * Forgets a pipeline: its document, cursors and runs. What it loaded stays.
   *
   * @throws SheafError `PIPELINE_UNKNOWN`; `NOT_SUPPORTED` while one of its runs is under way
   */
  async remove(name: string): Promise<void> {
    this.#parts.pipelines.get(name);
    await this.#parts.timetable.remove(name, () => forgetPipeline(name, this.#parts));
  }
}
