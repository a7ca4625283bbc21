import type { Config } from '../../shared/config/config.ts';
import type { schedulerSettings } from '../../shared/config/sections/scheduler.ts';
import type { JobId, WorkerId } from '../../shared/ids.ts';
import type { Effect } from './effects.ts';
import type { Attempt } from './state/attempt.ts';
import type { Job } from './state/job.ts';
import { SlotPool } from './state/slots.ts';
import type { Stage } from './state/stage.ts';
import { type Task, type TaskState, taskStory } from './state/task.ts';
import { checkStep, type TriggerOf } from './state/transitions.ts';
import type { Worker } from './state/worker.ts';
import type { JobReport } from './views/views.ts';

/** The numbers that the scheduler goes by. */
export type SchedulerLimits = Pick<Config, keyof typeof schedulerSettings | 'jobHistoryMax'>;

/** All that the scheduler knows, and what it decided in answer to the event at hand. */
export interface Core {
  readonly limits: SchedulerLimits;
  /** The time of the event at hand. Never goes back. */
  nowMs: number;
  /** What the event at hand leads to, in order. */
  effects: Effect[];
  readonly workers: Map<WorkerId, Worker>;
  readonly slots: SlotPool;
  /** Workers that take tasks or will again. */
  activeWorkers: number;
  /** Active workers that are reserved for, taken by, or lent to a task that must run alone. */
  readonly setAside: Set<Worker>;
  /** The attempt that has the memory of all workers, while it runs. */
  machine: Attempt | undefined;
  /** Since when there has been no active worker; absent while there is one. */
  noWorkersSinceMs: number | undefined;
  /** Jobs that have not ended, in the order of submission. */
  readonly jobs: Map<JobId, Job>;
  jobsSubmitted: number;
  /** Jobs with tasks to launch. */
  readonly runnable: Set<Job>;
  /** Pending tasks that must run alone, oldest first. */
  readonly alone: Set<Task>;
  readonly delayed: Set<Task>;
  /** Something happened that may free a draining worker. */
  drainsChanged: boolean;
  /** The latest ended jobs, oldest first. */
  readonly ended: Map<JobId, JobReport>;
}

export const createCore = (limits: SchedulerLimits): Core => ({
  limits,
  nowMs: Number.NEGATIVE_INFINITY,
  effects: [],
  workers: new Map(),
  slots: new SlotPool(),
  activeWorkers: 0,
  setAside: new Set(),
  machine: undefined,
  noWorkersSinceMs: Number.NEGATIVE_INFINITY,
  jobs: new Map(),
  jobsSubmitted: 0,
  runnable: new Set(),
  alone: new Set(),
  delayed: new Set(),
  drainsChanged: false,
  ended: new Map(),
});

/** The one place where a task changes state: checks the step, keeps the story, the counts and the queues. */
export function moveTask(core: Core, task: Task, trigger: TriggerOf<'task'>, next: TaskState, note = ''): void {
  const { stage, state } = task;
  if (task.story.length >= core.limits.taskStoryEventsMax) task.story.shift();
  task.story.push({ atMs: core.nowMs, trigger, to: next.kind, note });
  checkStep('task', state.kind, trigger, next.kind, () => taskStory(task));
  stage.counts[state.kind]--;
  stage.counts[next.kind]++;
  if (state.kind === 'pending') dequeue(core, task);
  else if (state.kind === 'delayed') core.delayed.delete(task);
  task.state = next;
  if (next.kind === 'pending') enqueue(core, task);
  else if (next.kind === 'delayed') core.delayed.add(task);
  else if (next.kind === 'lost') stage.lost.push(task);
}

function enqueue(core: Core, task: Task): void {
  if (task.alone) {
    core.alone.add(task);
    return;
  }
  task.stage.queue.push(task);
  task.stage.queue.size++;
  updateReady(core, task.stage);
}

function dequeue(core: Core, task: Task): void {
  if (core.alone.delete(task)) return;
  task.stage.queue.size--;
  updateReady(core, task.stage);
}

/** Keeps the job's list of stages with tasks to launch, and the list of such jobs. */
export function updateReady(core: Core, stage: Stage): void {
  const { job } = stage;
  if (stage.state.kind === 'running' && stage.queue.size > 0) job.ready.add(stage);
  else job.ready.delete(stage);
  if (job.ready.size > 0) core.runnable.add(job);
  else core.runnable.delete(job);
}
