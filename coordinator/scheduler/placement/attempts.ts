import { type AttemptKey, attemptName, type WorkerId } from '../../../shared/ids.ts';
import { type Core, moveTask } from '../core.ts';
import type { CancelReason, LaunchCause } from '../effects.ts';
import { type Attempt, createAttempt, markCancelling, markEnded } from '../state/attempt.ts';
import type { Task } from '../state/task.ts';
import type { Admission, Worker } from '../state/worker.ts';
import { taskSpec } from './task-spec.ts';

/** Starts an attempt of a pending task, whose inputs are complete, on a worker with a free slot. */
export function launch(core: Core, task: Task, worker: Worker): void {
  const { state } = task;
  const cause = state.kind === 'pending' ? state.cause : 'speculation';
  const attempt = register(core, task, worker, cause);
  if (state.kind === 'running') {
    moveTask(core, task, 'launchTwin', { kind: 'running', attempts: [...state.attempts, attempt] }, worker.id);
  } else {
    moveTask(core, task, 'launch', { kind: 'running', attempts: [attempt] }, worker.id);
  }
  core.effects.push({ kind: 'launch', worker: worker.id, task: taskSpec(attempt), cause });
}

function register(core: Core, task: Task, worker: Worker, cause: LaunchCause): Attempt {
  const { stage } = task;
  const { job } = stage;
  const machine = wantsMachine(task) && isIdle(core);
  const attempt = createAttempt(task, worker, { cause, machine, startedMs: core.nowMs });
  worker.attempts.set(attempt.name, attempt);
  if (attempt.alone) setAdmission(core, worker, 'exclusive');
  else core.slots.update(worker);
  if (machine) takeMachine(core, attempt);
  job.attempts.add(attempt);
  job.workers.add(worker);
  job.launched++;
  if (cause !== 'first') job.reruns[cause]++;
  stage.totals.attempts++;
  stage.totals.startedMs ??= core.nowMs;
  for (const producer of stage.producers) producer.outputsRead = true;
  return attempt;
}

const isLent = ({ state }: Worker): boolean => state.kind === 'active' && state.admission === 'lent';

/** Asks a running attempt to stop. Its slot stays taken until it is reported ended. */
export function cancelAttempt(core: Core, attempt: Attempt, reason: CancelReason): void {
  if (attempt.state.kind !== 'running') return;
  markCancelling(attempt, reason);
  core.effects.push({ kind: 'cancelAttempt', worker: attempt.worker.id, key: attempt.key, reason });
}

/** The attempt that a report speaks of; nothing if the report is stale: an ended attempt, an unknown worker. */
export const attemptOf = (core: Core, worker: WorkerId, key: AttemptKey): Attempt | undefined =>
  core.workers.get(worker)?.attempts.get(attemptName(key));

/** The attempt has ended: its slot is free. */
export function endAttempt(core: Core, attempt: Attempt): void {
  const { worker, task } = attempt;
  markEnded(attempt);
  task.stage.job.attempts.delete(attempt);
  worker.attempts.delete(attempt.name);
  if (worker.state.kind === 'draining') core.drainsChanged = true;
  if (attempt.alone && worker.state.kind === 'active') setAdmission(core, worker, 'open');
  else core.slots.update(worker);
  if (core.machine === attempt) leaveMachine(core);
}

const wantsMachine = ({ wide, stage }: Task): boolean => wide && stage.spec.large === true;

/** Nothing runs anywhere. */
const isIdle = ({ workers }: Core): boolean => [...workers.values()].every(({ attempts }) => attempts.size === 0);

/** The other workers lend the attempt their memory: they take nothing until it has ended. */
function takeMachine(core: Core, attempt: Attempt): void {
  core.machine = attempt;
  for (const other of core.workers.values())
    if (other !== attempt.worker && other.state.kind === 'active') setAdmission(core, other, 'lent');
}

function leaveMachine(core: Core): void {
  core.machine = undefined;
  for (const worker of [...core.setAside]) if (isLent(worker)) setAdmission(core, worker, 'open');
}

/** Sets an active worker aside for a task that must run alone, or opens it again. */
export function setAdmission(core: Core, worker: Worker, admission: Admission): void {
  worker.state = { kind: 'active', admission };
  if (admission === 'open') core.setAside.delete(worker);
  else core.setAside.add(worker);
  core.slots.update(worker);
}
