import { type AttemptKey, attemptName } from '../../../shared/ids.ts';
import type { CancelReason, LaunchCause } from '../effects.ts';
import type { Task } from './task.ts';
import { checkStep } from './transitions.ts';
import type { Worker } from './worker.ts';

/** One run of a task: it takes a slot of its worker from launch until it is reported ended, cancelled or not. */
export interface Attempt {
  readonly key: AttemptKey;
  /** `job/stage/task/attempt`. */
  readonly name: string;
  readonly task: Task;
  readonly worker: Worker;
  readonly cause: LaunchCause;
  /** It has the worker to itself. */
  readonly alone: boolean;
  /** No worker takes a task meanwhile: it has the memory of them all. */
  readonly machine: boolean;
  /** The generation of its inputs. */
  readonly generation: number;
  readonly startedMs: number;
  state: AttemptState;
}

export type AttemptState =
  | { readonly kind: 'running' }
  /** Asked to stop. However it ends, its output is not used. */
  | { readonly kind: 'cancelling'; readonly reason: CancelReason }
  /** Terminal. */
  | { readonly kind: 'ended' };

const running: AttemptState = { kind: 'running' };
const ended: AttemptState = { kind: 'ended' };

/** The next attempt of a task, to be registered with its worker and job by who launches it. */
export function createAttempt(
  task: Task,
  worker: Worker,
  { cause, machine, startedMs }: Pick<Attempt, 'cause' | 'machine' | 'startedMs'>,
): Attempt {
  const { job, spec, generation } = task.stage;
  const key = { job: job.id, stage: spec.id, task: task.index, attempt: task.nextAttempt++ };
  const { alone } = task;
  return { key, name: attemptName(key), task, worker, cause, alone, machine, generation, startedMs, state: running };
}

export function markCancelling(attempt: Attempt, reason: CancelReason): void {
  checkStep('attempt', attempt.state.kind, 'cancel', 'cancelling', () => attempt.name);
  attempt.state = { kind: 'cancelling', reason };
}

export function markEnded(attempt: Attempt): void {
  checkStep('attempt', attempt.state.kind, 'end', 'ended', () => attempt.name);
  attempt.state = ended;
}
