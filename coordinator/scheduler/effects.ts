import type { ErrorData } from '../../shared/errors.ts';
import type { AttemptKey, JobId, StageId, WorkerId } from '../../shared/ids.ts';
import type { ExchangePart } from '../../shared/stage/exchange-part.ts';
import type { PartitionSize, TaskSpec } from '../../shared/stage/task.ts';

/**
 * What the shell is to do, in this order. An effect that starts work is answered by an event: `launch` by
 * `attemptFinished`, `attemptFailed` or `workerLost`, `cancelAttempt` by one of the same, `commitSink` by
 * `sinkCommitted` or `sinkFailed`. The others need no answer.
 */
export type Effect = AttemptEffect | StageFinished | SinkEffect | JobEffect | WorkerDrained;

export type AttemptEffect =
  | { readonly kind: 'launch'; readonly worker: WorkerId; readonly task: TaskSpec; readonly cause: LaunchCause }
  | {
      readonly kind: 'cancelAttempt';
      readonly worker: WorkerId;
      readonly key: AttemptKey;
      readonly reason: CancelReason;
    };

/** Why a task is launched: `first`, or what makes it run again (see `RerunCause`). */
export type LaunchCause = 'first' | RerunCause;

/**
 * Why a task runs again. The first five are the ends of its own earlier attempt; `outputLost`: it had finished, but its
 * output is gone and someone needs it; `inputChanged`: an input that may differ from run to run was made again;
 * `speculation`: a second attempt beside a slow one.
 */
export type RerunCause =
  | 'fetchFailed'
  | 'workerLost'
  | 'outOfMemory'
  | 'taskError'
  | 'returned'
  | 'outputLost'
  | 'inputChanged'
  | 'speculation';

/** Why an attempt is called off: its job stops, an input changed under it, a twin won, or nobody needs its output. */
export type CancelReason = 'jobStopped' | 'inputChanged' | 'twinFinished' | 'notNeeded';

/** Every task of the stage has its output: a checkpoint, and for a growing job the time to plan on. */
export interface StageFinished {
  readonly kind: 'stageFinished';
  readonly job: JobId;
  readonly stage: StageId;
  /** False if the stage had finished before and had to make outputs again: plan on only the first time. */
  readonly first: boolean;
  /** Rows and bytes of each partition over all tasks (empty for a file sink). */
  readonly partitions: readonly PartitionSize[];
  readonly rows: number;
  readonly bytes: number;
  /** The winning attempt of each task, in task order. */
  readonly winners: readonly Winner[];
}

export interface Winner {
  readonly attempt: number;
  readonly worker: WorkerId;
  /** Rows and bytes of each partition that it wrote; empty for a file sink. */
  readonly partitions: readonly PartitionSize[];
  /** The file that it wrote for a file sink, if any. */
  readonly file?: string;
}

export type SinkEffect =
  /** Commit exactly these files, relative to the staging directory, in task order; whatever else lies there is not wanted. */
  | { readonly kind: 'commitSink'; readonly job: JobId; readonly stage: StageId; readonly files: readonly string[] }
  /** The job ends without commit: remove the staging directory, if it has one. */
  | { readonly kind: 'abortSink'; readonly job: JobId };

export type JobEffect =
  /** Its one wide task ran out of memory: it has no stages now, and others are to be added, of more tasks. */
  | { readonly kind: 'jobOutgrown'; readonly job: JobId }
  /** The result can be fetched (or is committed). Comes again after `resultLost`. */
  | {
      readonly kind: 'jobSucceeded';
      readonly job: JobId;
      /** In task and partition order; empty for a sink. */
      readonly parts: readonly ExchangePart[];
      /** Rows read from parts of another generation belong to another run: a reader that has some starts over. */
      readonly generation: number;
    }
  /** It will not end otherwise any more; its attempts have stopped. */
  | { readonly kind: 'jobFailed'; readonly job: JobId; readonly error: ErrorData }
  | { readonly kind: 'jobCancelled'; readonly job: JobId; readonly reason: string }
  /** Last effect of a job: these workers may drop everything that they hold of it. */
  | { readonly kind: 'dropJob'; readonly job: JobId; readonly workers: readonly WorkerId[] };

/** The worker may exit. `idle`: nothing is lost by it; `limit`: it took longer than `drainLimitMs`. */
export interface WorkerDrained {
  readonly kind: 'workerDrained';
  readonly worker: WorkerId;
  readonly cause: 'idle' | 'limit';
}
