import type { ErrorData } from '../../../shared/errors.ts';
import type { JobId, StageId, WorkerId } from '../../../shared/ids.ts';
import type { RerunCause } from '../effects.ts';
import type { Attempt } from './attempt.ts';
import type { Stage } from './stage.ts';
import { checkStep, type TriggerOf } from './transitions.ts';
import type { Worker } from './worker.ts';

/** A job and what has become of it. */
export interface Job {
  readonly id: JobId;
  /** Orders jobs that are equal otherwise. */
  readonly number: number;
  /** Its share of the slots relative to other jobs. */
  readonly weight: number;
  readonly deadlineMs: number | undefined;
  readonly submittedMs: number;
  state: JobState;
  readonly stages: Map<StageId, Stage>;
  /** Absent while the graph grows. */
  finalStage: Stage | undefined;
  /** The number of its tasks' first attempts: those before were of stages that it has no more, under the same numbers. */
  firstAttempt: number;
  /** Stages in the state `running` that have tasks to launch. */
  readonly ready: Set<Stage>;
  /** All its attempts that take slots. */
  readonly attempts: Set<Attempt>;
  /** Workers that may hold data of it. */
  readonly workers: Set<Worker>;
  /** Counts the times that outputs which may have been read were made anew with other content. */
  generation: number;
  /** The generation of the result: it changes if the result's rows may. */
  resultGeneration: number;
  launched: number;
  /** The most memory of each worker while it ran attempts that won. */
  readonly peaks: Map<WorkerId, number>;
  readonly reruns: Record<RerunCause, number>;
}

export type JobState =
  | { readonly kind: 'running'; readonly sinceMs: number }
  /** The sink commits: from here on the job cannot be cancelled. */
  | { readonly kind: 'committing' }
  /** The result is kept until it is released. */
  | { readonly kind: 'succeeded' }
  /** Lost parts of the result are made again. */
  | { readonly kind: 'repairing'; readonly sinceMs: number }
  /** Its attempts are being stopped. */
  | { readonly kind: 'stopping'; readonly outcome: Outcome; readonly sinceMs: number }
  /** Terminal. */
  | { readonly kind: 'released' }
  /** Terminal. */
  | { readonly kind: 'failed'; readonly error: ErrorData }
  /** Terminal. */
  | { readonly kind: 'cancelled'; readonly reason: string };

/** How a stopping job ends. */
export type Outcome =
  | { readonly kind: 'released' }
  | { readonly kind: 'failed'; readonly error: ErrorData }
  | { readonly kind: 'cancelled'; readonly reason: string };

export interface JobOptions {
  readonly id: JobId;
  readonly number: number;
  readonly priority: number;
  readonly deadlineMs: number | undefined;
  readonly nowMs: number;
}

export const createJob = ({ id, number, priority, deadlineMs, nowMs }: JobOptions): Job => ({
  id,
  number,
  weight: 2 ** priority,
  deadlineMs,
  submittedMs: nowMs,
  state: { kind: 'running', sinceMs: nowMs },
  stages: new Map(),
  finalStage: undefined,
  firstAttempt: 0,
  ready: new Set(),
  attempts: new Set(),
  workers: new Set(),
  generation: 0,
  resultGeneration: 0,
  launched: 0,
  peaks: new Map(),
  reruns: {
    fetchFailed: 0,
    workerLost: 0,
    outOfMemory: 0,
    taskError: 0,
    returned: 0,
    outputLost: 0,
    inputChanged: 0,
    speculation: 0,
  },
});

export function moveJob(job: Job, trigger: TriggerOf<'job'>, next: JobState): void {
  checkStep('job', job.state.kind, trigger, next.kind, () => job.id);
  job.state = next;
}

/** It works towards a result: only then are its tasks launched and its lost outputs made again. */
export const isWorking = ({ state }: Job): boolean => state.kind === 'running' || state.kind === 'repairing';
