import type { DueTimes } from '../../../pipeline/records/due-times.ts';
import type { RunRecord } from '../../../pipeline/records/run.ts';
import { derivedRunId } from '../../../pipeline/records/run-id.ts';
import type { RunRequest } from '../../../pipeline/records/run-request.ts';
import type { LeftOut, ScheduleRecord } from '../../../pipeline/records/schedule.ts';
import { isOver } from '../decisions/machine.ts';

/**
 * What a schedule asks for at one moment, in the order in which it must be done: a submitted run is found again by its
 * id.
 */
export interface DueDecision {
  /** Runs to cancel first. */
  readonly cancel: readonly string[];
  readonly submit: readonly (RunRequest & { readonly id: string })[];
  /** The record once all this is done; undefined if it stays. */
  readonly record: ScheduleRecord | undefined;
}

/** Limits of what is caught up. */
export interface DueLimits {
  /** Of missed due times, at most so many are caught up: the latest. */
  readonly scheduleCatchUpMax: number;
  /** A due time handled later than this counts as missed. */
  readonly scheduleGraceMs: number;
  /** Due times noted further ahead than this come from a clock that was wrong. */
  readonly scheduleAheadMsMax: number;
}

/**
 * What is to be done about what is due. Pure, and the same again after a leader's end: runs are known by their ids.
 *
 * @param runs of the pipeline
 * @param nowMs wall-clock time
 */
export function decideDue(
  record: ScheduleRecord,
  times: DueTimes,
  runs: readonly RunRecord[],
  nowMs: number,
  limits: DueLimits,
): DueDecision {
  if (record.paused) return nothing;
  if (record.handledMs > nowMs + limits.scheduleAheadMsMax)
    return { ...nothing, record: { ...record, handledMs: nowMs } };
  const { due, missed } = dueNow(record, times, nowMs, limits);
  const [latestMs] = due.slice(-1);
  if (latestMs === undefined) return { ...nothing, record: missed ? left(record, missed) : undefined };
  const requests = due.map((dueMs) => requestOf(record.pipeline, times, dueMs));
  const running = runs.filter((run) => stands(run, limits) && !requests.some(({ id }) => id === run.id));
  const { overlap } = record.schedule;
  const isSkipped = overlap === 'skip' && running.length > 0 && nowMs - latestMs <= limits.scheduleGraceMs;
  const submit = isSkipped ? requests.slice(0, -1) : requests;
  const leftOut: LeftOut | undefined = isSkipped ? { dueMs: latestMs, why: 'overlap' } : missed;
  const cancel = overlap === 'cancel' ? running.map(({ id }) => id) : [];
  return { cancel, submit, record: { ...left(record, leftOut), handledMs: latestMs } };
}

const nothing: DueDecision = { cancel: [], submit: [], record: undefined };

const left = ({ error: _, ...record }: ScheduleRecord, leftOut: LeftOut | undefined): ScheduleRecord =>
  leftOut ? { ...record, leftOut, handledMs: Math.max(record.handledMs, leftOut.dueMs) } : record;

/** Due times that get a run, in order, and the latest that gets none. */
function dueNow(
  { handledMs, schedule }: ScheduleRecord,
  times: DueTimes,
  nowMs: number,
  { scheduleCatchUpMax, scheduleGraceMs }: DueLimits,
): { readonly due: readonly number[]; readonly missed: LeftOut | undefined } {
  const open = times.between(handledMs, nowMs, scheduleCatchUpMax + 1);
  const isLate = open[0] !== undefined && nowMs - open[0] > scheduleGraceMs;
  const count = { none: isLate ? 0 : 1, last: 1, all: scheduleCatchUpMax }[schedule.catchUp];
  const [missedMs] = open.slice(count);
  const missed = missedMs === undefined ? undefined : ({ dueMs: missedMs, why: 'missed' } as const);
  return { due: open.slice(0, count).reverse(), missed };
}

const requestOf = (pipeline: string, times: DueTimes, dueMs: number): RunRequest & { readonly id: string } => ({
  pipeline,
  id: derivedRunId(pipeline, dueMs, 'schedule'),
  cause: 'schedule',
  interval: times.interval(dueMs),
});

/**
 * A run of the schedule that is not over. A run that catches up does not count as overlap: later ones wait for it.
 */
const stands = ({ cause, life, interval, submittedMs }: RunRecord, { scheduleGraceMs }: DueLimits): boolean =>
  cause === 'schedule' && !isOver(life) && interval !== undefined && submittedMs - interval.endMs <= scheduleGraceMs;
