import type { ErrorData } from '../../../shared/errors.ts';
import type { TaskFailure } from '../../../shared/failure.ts';
import { type Core, moveTask } from '../core.ts';
import type { RerunCause } from '../effects.ts';
import type { SchedulerEvent } from '../events.ts';
import { attemptOf, endAttempt } from '../placement/attempts.ts';
import type { Attempt } from '../state/attempt.ts';
import type { Stage } from '../state/stage.ts';
import type { Task } from '../state/task.ts';
import { freeRetriesSpent, poisonTask, taskFailed } from './errors.ts';
import { giveUp, loseOutput, loseOutputsOn, settle, winnerOf } from './recovery.ts';
import { finishStopped, stopJob } from './stop.ts';

type Event = SchedulerEvent & { kind: 'attemptFailed' };
type FailureOf<Kind extends TaskFailure['kind']> = TaskFailure & { kind: Kind };

/** An attempt ended without output. What follows depends on the kind of failure: see `TaskFailure`. */
export function attemptFailed(core: Core, { key, worker, failure }: Event): void {
  const attempt = attemptOf(core, worker, key);
  if (attempt === undefined) return;
  const counts = attempt.state.kind === 'running';
  endAttempt(core, attempt);
  if (counts) applyFailure(core, attempt, failure);
  else finishStopped(core, attempt.task.stage.job);
}

/** An ended attempt that was not being cancelled failed. */
export function applyFailure(core: Core, attempt: Attempt, failure: TaskFailure): void {
  const { task, worker } = attempt;
  if (task.state.kind !== 'running' || !task.state.attempts.includes(attempt)) return;
  task.avoid = worker.id;
  failureHandlers[failure.kind](core, attempt, failure as never);
}

const failureHandlers: {
  readonly [Kind in TaskFailure['kind']]: (core: Core, attempt: Attempt, failure: FailureOf<Kind>) => void;
} = {
  fetchFailed,
  workerLost: (core, attempt, { error }) => workerDied(core, attempt, error),
  outOfMemory: (core, attempt, { error }) => {
    const { task } = attempt;
    if (task.wide && isWholeJob(task.stage)) return outgrow(core, task.stage);
    task.alone = true;
    task.wide = false;
    ownFailure(core, attempt, 'outOfMemory', { ...error, retryable: true });
  },
  taskError: (core, attempt, { error }) => ownFailure(core, attempt, 'taskError', error),
  cancelled: (core, attempt) => freeRetry(core, attempt, 'returned', handedBack(attempt)),
};

/** Costs the reader nothing; what it could not fetch is lost and made again. */
function fetchFailed(core: Core, attempt: Attempt, { producer: ref, error }: FailureOf<'fetchFailed'>): void {
  const { job } = attempt.task.stage;
  freeRetry(core, attempt, 'fetchFailed', error);
  const producer = winnerOf(job, ref);
  if (producer?.state.kind !== 'finished') return;
  if (error.code === 'UNREACHABLE') loseOutputsOn(core, producer.state.worker, job);
  loseFetched(core, producer);
  countFreeRetry(core, producer, error);
  settle(core, job);
}

/** An output that lies on a live worker cannot be fetched: it is lost, and its task moves elsewhere if it can. */
export function loseFetched(core: Core, producer: Task): void {
  if (producer.state.kind === 'finished') producer.avoid = producer.state.worker.id;
  loseOutput(core, producer, 'outputLost');
}

/** Costs no attempt, but a task that is there each time a worker dies is not tried for ever. */
function workerDied(core: Core, attempt: Attempt, error: ErrorData): void {
  const { task, worker } = attempt;
  task.deaths = [...task.deaths, worker.id];
  const { poisonDeathsMax } = core.limits;
  if (task.deaths.length >= poisonDeathsMax && attempt.alone) {
    stopJob(core, task.stage.job, { kind: 'failed', error: poisonTask(task, error) });
    return;
  }
  // Its last chance is without company, so that no task is blamed for another's doing. (Of twins the second may die late.)
  if (task.deaths.length >= poisonDeathsMax - 1) {
    task.alone = true;
    task.wide = false;
  }
  retry(core, attempt, 'workerLost', 0);
}

function ownFailure(core: Core, attempt: Attempt, cause: RerunCause, error: ErrorData): void {
  const { task } = attempt;
  const { taskAttemptsMax, taskRetryDelayMs } = core.limits;
  task.failures++;
  if (error.retryable === true && task.failures < taskAttemptsMax) {
    retry(core, attempt, cause, taskRetryDelayMs * 2 ** (task.failures - 1));
  } else {
    stopJob(core, task.stage.job, { kind: 'failed', error: taskFailed(task, error) });
  }
}

function freeRetry(core: Core, attempt: Attempt, cause: RerunCause, error: ErrorData): void {
  if (countFreeRetry(core, attempt.task, error)) retry(core, attempt, cause, 0);
}

/** Counts a start that costs no attempt; returns false if it is one too many and the job fails by it. */
export function countFreeRetry(core: Core, task: Task, error: ErrorData): boolean {
  task.freeRetries++;
  if (task.freeRetries <= core.limits.taskFreeRetriesMax) return true;
  stopJob(core, task.stage.job, { kind: 'failed', error: freeRetriesSpent(task, error) });
  return false;
}

const isWholeJob = (stage: Stage): boolean => stage.job.finalStage === stage && stage.job.stages.size === 1;

/** What is too large for one task is planned again as many: those spill by parts. The stages come by `stagesAdded`. */
function outgrow(core: Core, stage: Stage): void {
  const { job, spec } = stage;
  giveUp(core, stage, 'notNeeded');
  job.stages.delete(spec.id);
  job.firstAttempt = Math.max(...stage.tasks.map(({ nextAttempt }) => nextAttempt));
  job.finalStage = undefined;
  job.reruns.outOfMemory++;
  job.generation++;
  job.resultGeneration = job.generation;
  core.effects.push({ kind: 'jobOutgrown', job: job.id });
}

function retry(core: Core, attempt: Attempt, cause: RerunCause, delayMs: number): void {
  const { task } = attempt;
  if (task.state.kind !== 'running') return;
  const note = `attempt ${attempt.key.attempt} on ${attempt.worker.id}: ${cause}`;
  const others = task.state.attempts.filter((other) => other !== attempt);
  if (others.length > 0) moveTask(core, task, 'loseTwin', { kind: 'running', attempts: others }, note);
  else if (delayMs === 0) moveTask(core, task, 'retry', { kind: 'pending', cause }, note);
  else moveTask(core, task, 'retryLater', { kind: 'delayed', cause, untilMs: core.nowMs + delayMs }, note);
}

const handedBack = ({ worker, name }: Attempt): ErrorData => ({
  code: 'WORKERS_LOST',
  message: `Worker ${worker.id} handed ${name} back without being asked to.`,
});
