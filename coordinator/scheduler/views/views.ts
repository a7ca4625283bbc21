import type { JobId, StageId } from '../../../shared/ids.ts';
import type { StageWork, WorkerPeak } from '../../../shared/plan/stage-work.ts';
import type { TaskMetrics } from '../../../shared/stage/task.ts';
import type { RerunCause } from '../effects.ts';

/** `running` covers what the job does on its way to a result, `repairing` making lost parts of the result again. */
export type JobStateName =
  | 'running'
  | 'committing'
  | 'succeeded'
  | 'repairing'
  | 'stopping'
  | 'released'
  | 'failed'
  | 'cancelled';

/** How far a job is: plain data for a progress line. */
export interface JobProgress {
  readonly job: JobId;
  readonly state: JobStateName;
  readonly stages: readonly StageProgress[];
}

export interface StageProgress {
  readonly id: StageId;
  readonly name: string;
  readonly tasks: number;
  readonly running: number;
  readonly finished: number;
}

/** What a job did, counted: plain data for reports and history. Times are on the scheduler's clock. */
export interface JobReport {
  readonly job: JobId;
  readonly state: JobStateName;
  readonly submittedMs: number;
  readonly endedMs?: number;
  /** Attempts launched. */
  readonly attempts: number;
  /** Attempts launched beyond each task's first, by cause. */
  readonly reruns: Readonly<Record<RerunCause, number>>;
  readonly stages: readonly StageReport[];
  /** By worker, in the order in which they first finished an attempt. */
  readonly peaks: readonly WorkerPeak[];
}

export interface StageReport extends StageProgress {
  readonly attempts: number;
  /** From its first launch; absent if none. */
  readonly startedMs?: number;
  /** When it last finished; absent if it has not. */
  readonly finishedMs?: number;
  /** Sums over its winning attempts. */
  readonly metrics: TaskMetrics;
  /** Absent while tasks have no output. */
  readonly work?: StageWork;
}
