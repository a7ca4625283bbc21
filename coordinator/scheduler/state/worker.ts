import type { WorkerId } from '../../../shared/ids.ts';
import type { WorkerLostReason } from '../events.ts';
import type { Attempt } from './attempt.ts';
import type { Job } from './job.ts';
import type { Task } from './task.ts';
import { checkStep, type TriggerOf } from './transitions.ts';

/** One life of a worker process. */
export interface Worker {
  readonly id: WorkerId;
  readonly slots: number;
  /** `host:port` of its Flight service. */
  readonly address: string;
  state: WorkerState;
  /** By attempt name: what takes its slots, cancelled attempts that have not ended among them. */
  readonly attempts: Map<string, Attempt>;
  /** The tasks whose exchange output lies on it. */
  readonly outputs: Map<Job, Set<Task>>;
  /** Its place among the workers with as many free slots, while it takes tasks; kept by the `SlotPool`. */
  place: { readonly free: number; at: number } | undefined;
}

export type WorkerState =
  | { readonly kind: 'active'; readonly admission: Admission }
  /** No new tasks; kept until its output is not needed any more, but not beyond a limit. */
  | { readonly kind: 'draining'; readonly sinceMs: number }
  /** Told that it may exit. */
  | { readonly kind: 'drained' }
  /** Terminal. */
  | { readonly kind: 'lost'; readonly reason: WorkerLostReason };

/**
 * `reserved`: takes nothing until it is empty, for a task that must run alone; `exclusive`: such a task runs; `lent`: a
 * task on another worker has the memory of all.
 */
export type Admission = 'open' | 'reserved' | 'exclusive' | 'lent';

export const createWorker = (id: WorkerId, slots: number, address: string): Worker => ({
  id,
  slots,
  address,
  state: { kind: 'active', admission: 'open' },
  attempts: new Map(),
  outputs: new Map(),
  place: undefined,
});

export function moveWorker(worker: Worker, trigger: TriggerOf<'worker'>, next: WorkerState): void {
  checkStep('worker', worker.state.kind, trigger, next.kind, () => worker.id);
  worker.state = next;
}

export const freeSlots = (worker: Worker): number => worker.slots - worker.attempts.size;

export const isOpen = ({ state }: Worker): boolean => state.kind === 'active' && state.admission === 'open';

/** Remembers that the task's output lies here. */
export function addOutput(worker: Worker, task: Task): void {
  const { job } = task.stage;
  const tasks = worker.outputs.get(job) ?? new Set();
  tasks.add(task);
  worker.outputs.set(job, tasks);
}

export function removeOutput(worker: Worker, task: Task): void {
  worker.outputs.get(task.stage.job)?.delete(task);
}
