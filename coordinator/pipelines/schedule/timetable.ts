import type { PipelineDocument } from '../../../pipeline/records/document.ts';
import { DueTimes } from '../../../pipeline/records/due-times.ts';
import type { RunRecord } from '../../../pipeline/records/run.ts';
import type { RunRequest } from '../../../pipeline/records/run-request.ts';
import type { ScheduleInfo, ScheduleRecord } from '../../../pipeline/records/schedule.ts';
import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import type { RunBook } from '../records/run-book.ts';
import type { Point } from '../runs/attempt.ts';
import { type DueDecision, decideDue } from './decide-due.ts';
import type { ScheduleBook } from './schedule-book.ts';

/** What {@link Timetable} works with. */
export interface TimetableParts {
  readonly book: ScheduleBook;
  readonly runs: Pick<RunBook, 'list'>;
  /** Accepts a run of the deployed document. The same id again is the same run. */
  readonly submit: (request: RunRequest) => Promise<RunRecord>;
  /** Throws `NOT_SUPPORTED` for one whose load is decided. */
  readonly cancel: (run: string) => Promise<void>;
  /** Aborted when this leader's time is over. */
  readonly over: AbortSignal;
  /** Wall-clock time, which may jump. */
  readonly now: () => number;
  /** Told of every step: tests stop it there. */
  readonly at?: (point: Point, pipeline: string) => Promise<void> | void;
  readonly config: Config;
  readonly log: Logger;
}

interface Known {
  readonly record: ScheduleRecord;
  readonly times: DueTimes;
  /** The first due time that is not done with; never for one that is paused. */
  readonly nextMs: number;
}

/**
 * Submits the runs of schedules when they are due, as long as this coordinator leads. Runs are submitted under ids made
 * of pipeline and due time, then the due time is noted as done with: whoever leads in between finds the run.
 */
export class Timetable {
  readonly #parts: TimetableParts;
  readonly #known = new Map<string, Known>();
  /** One thing at a time: what is due, and what people change. */
  #last: Promise<unknown> = Promise.resolve();
  /** Those that are due, and could not be started when they were looked at. */
  readonly #stuck = new Set<string>();
  #alarm: NodeJS.Timeout | undefined;

  constructor(parts: TimetableParts) {
    this.#parts = parts;
    parts.over.addEventListener('abort', () => clearTimeout(this.#alarm), { once: true });
  }

  begin(): void {
    void this.#look();
  }

  /**
   * The deployed document's schedule is in force from now on, in place of an earlier one. Paused stays paused.
   *
   * @throws SheafError `NOT_LEADER`
   */
  deploy({ name: pipeline, schedule }: PipelineDocument, pause: boolean): Promise<void> {
    return this.#alone(async () => {
      const { book, now } = this.#parts;
      if (!schedule) return await book.remove(pipeline);
      const before = book.find(pipeline);
      const isSame = before?.schedule.cron === schedule.cron && before.schedule.timeZone === schedule.timeZone;
      const handledMs = isSame ? before.handledMs : now(); // Other due times begin now.
      await book.put({ pipeline, schedule, handledMs, paused: pause || before?.paused === true });
    });
  }

  /** What was due meanwhile is made up as the schedule says. @throws SheafError `PIPELINE_UNKNOWN`, `NOT_LEADER` */
  async pause(pipeline: string, paused: boolean): Promise<ScheduleInfo> {
    await this.#alone(async () => {
      const { book, now } = this.#parts;
      const record = book.get(pipeline);
      const isForgotten = record.paused && !paused && record.schedule.catchUp === 'none';
      await book.put({ ...record, paused, ...(isForgotten ? { handledMs: now() } : {}) });
    });
    return this.#info(this.#parts.book.get(pipeline));
  }

  /** Forgets a pipeline's schedule while `work` takes it out of the store. */
  remove(pipeline: string, work: () => Promise<void>): Promise<void> {
    return this.#alone(async () => {
      await work();
      this.#parts.book.forget(pipeline);
    });
  }

  list(): ScheduleInfo[] {
    return this.#parts.book.list().map((record) => this.#info(record));
  }

  #info(record: ScheduleRecord): ScheduleInfo {
    const { runs, now, config } = this.#parts;
    const { pipeline, paused, handledMs } = record;
    const fromMs = Math.max(now(), handledMs);
    const nextMs = paused ? [] : this.#know(record).times.after(fromMs, config.scheduleShownMax);
    const ofSchedule = runs.list(pipeline).filter(({ cause }) => cause === 'schedule');
    const last = ofSchedule.sort((a, b) => dueMs(b) - dueMs(a))[0];
    const lastRun = last && { id: last.id, dueMs: dueMs(last), state: last.life.state };
    return { ...record, nextMs, ...(lastRun ? { lastRun } : {}) };
  }

  async #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {}); // Told to whoever asked for it.
    return await done.finally(() => this.#arm());
  }

  async #look(): Promise<void> {
    const { book, over, now, log } = this.#parts;
    await this.#alone(async () => {
      for (const { pipeline } of book.list()) {
        if (over.aborted) return;
        const nowMs = now();
        await this.#handle(pipeline, nowMs).catch((thrown: unknown) => {
          if (!over.aborted) log.error({ pipeline, err: SheafError.from(thrown) }, 'what is due was not started');
        });
        if (this.#know(book.get(pipeline)).nextMs <= nowMs) this.#stuck.add(pipeline);
        else this.#stuck.delete(pipeline);
      }
    });
  }

  async #handle(pipeline: string, nowMs: number): Promise<void> {
    const { book, runs, config, at } = this.#parts;
    const record = book.get(pipeline);
    const { times, nextMs } = this.#know(record);
    if (nextMs > nowMs && record.handledMs <= nowMs + config.scheduleAheadMsMax) return;
    const decision = decideDue(record, times, runs.list(pipeline), nowMs, config);
    if (decision.submit.length > 0) await at?.('due', pipeline);
    const after = await this.#carryOut(decision, record);
    if (decision.submit.length > 0) await at?.('started', pipeline);
    if (after && after !== record) await book.put(after);
  }

  /** @returns the record after it; without change if nothing could be done now */
  async #carryOut(
    { cancel, submit, record }: DueDecision,
    before: ScheduleRecord,
  ): Promise<ScheduleRecord | undefined> {
    const { over, log } = this.#parts;
    let handledMs = before.handledMs;
    try {
      for (const run of cancel) await this.#cancel(run);
      for (const request of submit) {
        await this.#parts.submit(request);
        handledMs = request.interval?.endMs ?? handledMs;
      }
    } catch (thrown) {
      over.throwIfAborted();
      const error = SheafError.from(thrown).toData();
      log.warn({ pipeline: before.pipeline, error }, 'a run that is due was not accepted');
      if (error.retryable) return { ...before, handledMs, error }; // It is tried again when the timetable looks again.
      return { ...(record ?? before), error };
    }
    return record;
  }

  async #cancel(run: string): Promise<void> {
    await this.#parts.cancel(run).catch((thrown: unknown) => {
      if (SheafError.from(thrown).code !== 'NOT_SUPPORTED') throw thrown; // Decided: the next one waits for it.
    });
  }

  #know(record: ScheduleRecord): Known {
    const known = this.#known.get(record.pipeline);
    if (known?.record === record) return known;
    const isSame = known && known.record.schedule === record.schedule;
    const times = isSame ? known.times : new DueTimes(record.schedule);
    const [nextMs = Number.POSITIVE_INFINITY] = record.paused ? [] : times.after(record.handledMs, 1);
    const made = { record, times, nextMs };
    this.#known.set(record.pipeline, made);
    return made;
  }

  /** The clock may jump, and a run may not be accepted at first: it looks again before long. */
  #arm(): void {
    const { book, over, config, now } = this.#parts;
    clearTimeout(this.#alarm);
    if (over.aborted) return;
    const nowMs = now();
    const waiting = book.list().filter(({ pipeline }) => !this.#stuck.has(pipeline));
    const next = waiting.map((record) => this.#know(record).nextMs - nowMs + 1);
    const soonMs = Math.min(config.scheduleLookMs, ...next);
    this.#alarm = setTimeout(() => void this.#look(), Math.max(0, soonMs));
  }
}

const dueMs = ({ interval, submittedMs }: RunRecord): number => interval?.endMs ?? submittedMs;
