import type { ErrorData } from '../../shared/errors.ts';
import type { Schedule } from './document.ts';
import type { Interval } from './due-times.ts';
import type { RunState } from './run.ts';

/** What the store keeps of a deployed pipeline's schedule: small. */
export interface ScheduleRecord {
  readonly pipeline: string;
  readonly schedule: Schedule;
  /** Due times up to here are done with: their runs are in the store, or they were left out. */
  readonly handledMs: number;
  readonly paused: boolean;
  /** The last due time that was left out, and why. */
  readonly leftOut?: LeftOut;
  /** Why the last due time's run could not be submitted. */
  readonly error?: ErrorData;
}

/** A due time that got no run. */
export interface LeftOut {
  readonly dueMs: number;
  /** `overlap`: the last run was not over. `missed`: nobody led, or it was paused, and it is not to be made up. */
  readonly why: 'overlap' | 'missed';
}

/** A schedule as clients see it. */
export interface ScheduleInfo extends ScheduleRecord {
  /** The next due times: none while it is paused. */
  readonly nextMs: readonly number[];
  /** The last run that the schedule has started. */
  readonly lastRun?: { readonly id: string; readonly dueMs: number; readonly state: RunState };
}

/** Which runs of a pipeline are to be made up: `sheaf backfill`. */
export interface BackfillRequest {
  readonly pipeline: string;
  /** As people write them: `2026-01-31`, in the time zone of the schedule unless they say another. */
  readonly from: string;
  readonly to: string;
  /** Loads intervals again that are loaded already. */
  readonly again: boolean;
}

/** The whole intervals of the schedule in a time that has passed, in order. */
export interface BackfillPlan {
  readonly pipeline: string;
  readonly version: string;
  readonly intervals: readonly BackfillInterval[];
}

/** An interval of a backfill's plan. */
export interface BackfillInterval extends Interval {
  /** The run that loads it, to be submitted if it is not under way. Absent: it is loaded. */
  readonly run?: string;
}
