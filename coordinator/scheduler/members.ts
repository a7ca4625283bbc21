import { type ErrorData, SheafError } from '../../shared/errors.ts';
import type { Core } from './core.ts';
import type { WorkerEvent, WorkerLostReason } from './events.ts';
import { applyFailure } from './outcomes/failures.ts';
import { holdsNeeded, loseOutputsOn, settle } from './outcomes/recovery.ts';
import { finishStopped } from './outcomes/stop.ts';
import { endAttempt, setAdmission } from './placement/attempts.ts';
import { createWorker, moveWorker, type Worker } from './state/worker.ts';

type Event<Kind extends WorkerEvent['kind']> = WorkerEvent & { kind: Kind };

/** A second report of the same life says nothing new. Another life at the same address ends the earlier one. */
export function workerJoined(core: Core, { worker: id, slots, address }: Event<'workerJoined'>): void {
  if (core.workers.has(id)) return;
  if (!Number.isSafeInteger(slots) || slots < 1) throw new SheafError('INTERNAL', `Worker ${id} has ${slots} slots.`);
  for (const other of [...core.workers.values()]) if (other.address === address) loseWorker(core, other, 'replaced');
  const worker = createWorker(id, slots, address);
  core.workers.set(id, worker);
  if (core.machine === undefined) core.slots.update(worker);
  else setAdmission(core, worker, 'lent');
  countActive(core, 1);
}

export function workerDraining(core: Core, { worker: id }: Event<'workerDraining'>): void {
  const worker = core.workers.get(id);
  if (worker?.state.kind !== 'active') return;
  moveWorker(worker, 'drain', { kind: 'draining', sinceMs: core.nowMs });
  core.setAside.delete(worker);
  core.slots.update(worker);
  core.drainsChanged = true;
  countActive(core, -1);
}

export function workerLost(core: Core, { worker: id, reason }: Event<'workerLost'>): void {
  const worker = core.workers.get(id);
  if (worker !== undefined) loseWorker(core, worker, reason);
}

/** All its attempts and outputs are gone, at once: only then is it decided what follows from each. */
function loseWorker(core: Core, worker: Worker, reason: WorkerLostReason): void {
  const attempts = [...worker.attempts.values()];
  const failed = attempts.filter(({ state }) => state.kind === 'running');
  core.workers.delete(worker.id);
  core.setAside.delete(worker);
  if (worker.state.kind === 'active') countActive(core, -1);
  moveWorker(worker, 'lose', { kind: 'lost', reason });
  for (const attempt of attempts) endAttempt(core, attempt);
  core.slots.update(worker);
  const holders = [...worker.outputs.keys()];
  for (const job of holders) loseOutputsOn(core, worker, job);
  const error = lossOf(worker, reason);
  for (const attempt of failed) {
    applyFailure(core, attempt, reason === 'left' ? { kind: 'cancelled' } : { kind: 'workerLost', error });
  }
  const concerned = new Set([...holders, ...attempts.map(({ task }) => task.stage.job)]);
  for (const job of concerned) {
    settle(core, job);
    finishStopped(core, job);
  }
}

const lossOf = (worker: Worker, reason: WorkerLostReason): ErrorData => ({
  code: 'WORKERS_LOST',
  message: `Worker ${worker.id} at ${worker.address} was lost (${reason}).`,
});

function countActive(core: Core, change: 1 | -1): void {
  core.activeWorkers += change;
  core.noWorkersSinceMs = core.activeWorkers > 0 ? undefined : core.nowMs;
}

/** Lets draining workers go that are of no more use, or that have stayed too long. */
export function checkDrains(core: Core): void {
  if (!core.drainsChanged) return;
  core.drainsChanged = false;
  for (const worker of core.workers.values()) {
    const { state } = worker;
    if (state.kind !== 'draining') continue;
    const idle = worker.attempts.size === 0 && !holdsNeeded(worker);
    const late = core.nowMs - state.sinceMs >= core.limits.drainLimitMs;
    if (!idle && !late) continue;
    moveWorker(worker, 'drained', { kind: 'drained' });
    core.effects.push({ kind: 'workerDrained', worker: worker.id, cause: idle ? 'idle' : 'limit' });
  }
}
