import type { ErrorData } from '../../shared/errors.ts';
import type { ProducerRef, TaskFailure } from '../../shared/failure.ts';
import type { AttemptKey, JobId, StageId, WorkerId } from '../../shared/ids.ts';
import type { StageSpec } from '../../shared/stage/stage.ts';
import type { TaskOutput } from '../../shared/stage/task.ts';

/**
 * What happened in the world, as the scheduler is told. Each is a fact and names its cause. Reports may come twice,
 * late or in any order: what is stale (an older attempt, an unknown worker, a job that has ended) is ignored.
 */
export type SchedulerEvent = WorkerEvent | JobEvent | AttemptEvent | SinkEvent | Tick;

export type WorkerEvent =
  /** A worker is registered and can be reached. Another one at the same address is thereby lost. */
  | {
      readonly kind: 'workerJoined';
      readonly worker: WorkerId;
      /** How many tasks it runs at once. At least 1. */
      readonly slots: number;
      /** `host:port` of its Flight service. */
      readonly address: string;
    }
  /** It wants to leave: no more tasks for it. It is answered by the effect `workerDrained`. */
  | { readonly kind: 'workerDraining'; readonly worker: WorkerId }
  /** This life of the worker is over: its attempts and its exchange data are gone. */
  | { readonly kind: 'workerLost'; readonly worker: WorkerId; readonly reason: WorkerLostReason };

/**
 * Why a worker is gone. `left`: it went by its own will (nothing that it ran is suspected of killing it);
 * `replaced`: another life came up at its address.
 */
export type WorkerLostReason = 'left' | 'streamBroken' | 'leaseExpired' | 'unreachable' | 'replaced';

export type JobEvent =
  | {
      readonly kind: 'jobSubmitted';
      readonly job: JobId;
      readonly stages: readonly StageSpec[];
      /** The stage whose output is the result. Absent: more stages follow by `stagesAdded`. */
      readonly finalStage?: StageId;
      /** Each step up doubles the job's share of the slots. 0 is normal. */
      readonly priority: number;
      /** The job fails when this time is reached; on the clock of `handle`'s `nowMs`. */
      readonly deadlineMs?: number;
    }
  /** The graph grows: new stages may read any stage that the job has. Only for a job without a final stage so far. */
  | {
      readonly kind: 'stagesAdded';
      readonly job: JobId;
      readonly stages: readonly StageSpec[];
      /** Stages that the job has and that nobody will read any more. */
      readonly unneeded?: readonly StageId[];
      /** Closes the graph. Absent: still more stages follow. */
      readonly finalStage?: StageId;
    }
  /** The shell cannot go on with the job, for example because planning its next stages failed. */
  | { readonly kind: 'jobAborted'; readonly job: JobId; readonly error: ErrorData }
  | { readonly kind: 'cancelRequested'; readonly job: JobId; readonly reason: string }
  /** The client could not fetch this part of the result: make it again and announce the result anew. */
  | { readonly kind: 'resultLost'; readonly job: JobId; readonly producer: ProducerRef }
  /** The client has the result (or wants it no more): its data may go. */
  | { readonly kind: 'jobReleased'; readonly job: JobId };

export type AttemptEvent =
  | {
      readonly kind: 'attemptFinished';
      readonly key: AttemptKey;
      readonly worker: WorkerId;
      readonly output: TaskOutput;
    }
  /** Also the acknowledgement of `cancelAttempt`, then with the failure `cancelled`. */
  | {
      readonly kind: 'attemptFailed';
      readonly key: AttemptKey;
      readonly worker: WorkerId;
      readonly failure: TaskFailure;
    };

/** Answers to the effect `commitSink`. */
export type SinkEvent =
  | { readonly kind: 'sinkCommitted'; readonly job: JobId }
  | { readonly kind: 'sinkFailed'; readonly job: JobId; readonly error: ErrorData };

/** Time has passed: deadlines, grace periods and delays are looked at. Every `schedulerTickMs`. */
export interface Tick {
  readonly kind: 'tick';
}
