import type { Core } from '../core.ts';
import type { Task } from '../state/task.ts';
import { isOpen, type Worker } from '../state/worker.ts';
import { launch, setAdmission } from './attempts.ts';

/**
 * Tasks that must have a worker to themselves, large ones all workers if nothing else runs as they are launched. A worker that is not empty is reserved: it takes nothing more, and when
 * its last attempt ends the task is launched, so that it waits no longer than that. While other tasks wait, at most half
 * the workers are set aside at once, and one that has run such a task first serves the others: so neither kind starves.
 *
 * @returns whether a worker stays reserved for a task that was launched on another one
 */
export function placeAlone(core: Core): boolean {
  let surplus = false;
  if (core.alone.size === 0) return surplus;
  const idle = reserved(core);
  for (const task of core.alone) {
    if (task.stage.state.kind !== 'running') continue;
    const worker = idle.shift();
    if (core.machine !== undefined) break;
    if (worker?.attempts.size === 0) launch(core, task, worker);
    else if (worker !== undefined) surplus = launchElsewhere(core, task) || surplus;
    else if (!setAside(core, task)) break;
  }
  return surplus;
}

/** Opens reserved workers that no task waits for any more. */
export function releaseSurplus(core: Core): void {
  if (core.setAside.size === 0) return;
  const workers = reserved(core);
  for (const { stage } of core.alone) {
    if (workers.length === 0) return;
    if (stage.state.kind === 'running') workers.shift();
  }
  for (const worker of workers) setAdmission(core, worker, 'open');
}

/** Emptiest first. */
const reserved = (core: Core): Worker[] =>
  [...core.setAside].filter(isReserved).sort((a, b) => a.attempts.size - b.attempts.size);

const isReserved = ({ state }: Worker): boolean => state.kind === 'active' && state.admission === 'reserved';

/** Another worker may be empty before the one that is reserved for the task. */
function launchElsewhere(core: Core, task: Task): boolean {
  const worker = emptiest(core, task);
  if (worker === undefined || !isFree(core, worker)) return false;
  launch(core, task, worker);
  return true;
}

/** On an empty worker, while nobody else waits, a task takes nothing from anybody. */
const isFree = (core: Core, { attempts }: Worker): boolean => attempts.size === 0 && core.runnable.size === 0;

/** Launches the task on an empty worker or reserves one for it; false if no more workers may be set aside. */
function setAside(core: Core, task: Task): boolean {
  const worker = emptiest(core, task);
  if (worker === undefined) return false;
  if (!isFree(core, worker) && core.setAside.size >= Math.max(1, Math.floor(core.activeWorkers / 2))) return false;
  if (worker.attempts.size === 0) launch(core, task, worker);
  else setAdmission(core, worker, 'reserved');
  return true;
}

/** The open worker with the fewest attempts; one other than where the task failed last, if there is one as empty. */
function emptiest(core: Core, task: Task): Worker | undefined {
  let best: Worker | undefined;
  for (const worker of core.workers.values()) {
    if (!isOpen(worker)) continue;
    const fewer = best === undefined || worker.attempts.size < best.attempts.size;
    const elsewhere = best?.id === task.avoid && worker.attempts.size === best?.attempts.size;
    if (fewer || elsewhere) best = worker;
  }
  return best;
}
