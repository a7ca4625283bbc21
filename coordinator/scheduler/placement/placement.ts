import type { Core } from '../core.ts';
import type { Job } from '../state/job.ts';
import type { Stage } from '../state/stage.ts';
import type { Task } from '../state/task.ts';
import { freeSlots, isOpen, type Worker } from '../state/worker.ts';
import { placeAlone, releaseSurplus } from './alone.ts';
import { launch } from './attempts.ts';
import { hasLocality, nearestWorker } from './locality.ts';

/**
 * Fills free slots with waiting tasks. Tasks wait here, in the centre, until a slot is free for them: what is pushed
 * to a worker ahead of that fills its memory (Dask measured 15 times as much).
 */
export function place(core: Core): void {
  releaseSurplus(core);
  placeTasks(core);
  if (placeAlone(core)) releaseSurplus(core);
}

function placeTasks(core: Core): void {
  while (core.runnable.size > 0) {
    const worker = core.slots.freest();
    if (worker === undefined) return;
    const stage = nextStage(nextJob(core));
    const task = stage?.queue.first();
    if (stage === undefined || task === undefined) return;
    if (hasLocality(stage)) placeNear(core, stage, task);
    else launch(core, task, core.slots.freest(task.avoid) ?? worker);
  }
}

/** The job that has the fewest slots for its weight; among equals the one submitted first. */
function nextJob(core: Core): Job | undefined {
  let next: Job | undefined;
  for (const job of core.runnable) if (next === undefined || comesBefore(job, next)) next = job;
  return next;
}

function comesBefore(job: Job, other: Job): boolean {
  const difference = job.attempts.size / job.weight - other.attempts.size / other.weight;
  return difference === 0 ? job.number < other.number : difference < 0;
}

/** The deepest stage: what it finishes soonest frees what it reads. */
function nextStage(job: Job | undefined): Stage | undefined {
  let next: Stage | undefined;
  for (const stage of job?.ready ?? []) if (next === undefined || stage.depth > next.depth) next = stage;
  return next;
}

/** On the worker that holds its input, if that is free; otherwise the freest worker takes a task that it is near to. */
function placeNear(core: Core, stage: Stage, first: Task): void {
  const near = nearestWorker(first, core.limits);
  if (near !== undefined && near.id !== first.avoid && canTake(near)) {
    launch(core, first, near);
    return;
  }
  const worker = core.slots.freest(first.avoid);
  if (worker !== undefined) launch(core, taskNear(core, stage, worker) ?? first, worker);
}

function taskNear({ limits }: Core, stage: Stage, worker: Worker): Task | undefined {
  for (const task of stage.queue.peek(limits.localityTasksMax)) {
    if (task.avoid !== worker.id && nearestWorker(task, limits) === worker) return task;
  }
  return undefined;
}

const canTake = (worker: Worker): boolean => isOpen(worker) && freeSlots(worker) > 0;
