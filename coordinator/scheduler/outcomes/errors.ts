import type { ErrorData } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/json.ts';
import type { StageInput } from '../../../shared/stage/stage.ts';
import type { TaskOutput } from '../../../shared/stage/task.ts';
import type { Attempt } from '../state/attempt.ts';
import type { Job } from '../state/job.ts';
import { isUnfinished, partitionCount, type Stage } from '../state/stage.ts';
import { type Task, taskStory } from '../state/task.ts';

/** The errors that a job ends with. Each names the task, its stage, what it reads, and the next step. */

/** The task's own error, with the place where it happened. */
export const taskFailed = (task: Task, error: ErrorData): ErrorData => ({
  ...error,
  details: { ...error.details, ...place(task), failures: task.failures },
});

export const poisonTask = (task: Task, error: ErrorData): ErrorData => ({
  code: 'POISON_TASK',
  message:
    `${titleOf(task)} was running on ${task.deaths.length} workers as they died (${task.deaths.join(', ')}); ` +
    `it reads ${inputOf(task)}. It seems to kill its worker. The last: ${error.message}`,
  next: 'Look at the log of these workers for how they died; a native crash or running out of memory are the likely causes.',
  details: { ...error.details, ...place(task), deaths: task.deaths.length },
});

export const freeRetriesSpent = (task: Task, error: ErrorData): ErrorData => ({
  code: error.code === 'WORKERS_LOST' ? 'WORKERS_LOST' : 'FETCH_FAILED',
  message: `${titleOf(task)} had to start over ${task.freeRetries} times by no fault of its own. The last: ${error.message}`,
  next: 'Check that all workers reach each other at the addresses they advertise, and that their disks hold.',
  details: { ...error.details, ...place(task), freeRetries: task.freeRetries },
});

export function workersLost(job: Job, waitedMs: number): ErrorData {
  const waiting = [...job.stages.values()].filter(isUnfinished);
  const tasks = waiting.reduce((sum, { counts }) => sum + counts.pending + counts.delayed, 0);
  return {
    code: 'WORKERS_LOST',
    message: `The cluster has no worker that takes tasks, and ${job.id} waited ${waitedMs} ms for one (tasks waiting: ${tasks}).`,
    next: 'Start workers and submit the job again. Look at the log of the lost ones if they were not stopped on purpose.',
    details: { job: job.id, waitedMs, waitingTasks: tasks },
  };
}

export const deadlinePassed = (job: Job, nowMs: number): ErrorData => ({
  code: 'DEADLINE',
  message: `${job.id} did not end before its deadline: it ran for ${Math.round(nowMs - job.submittedMs)} ms.`,
  next: 'Give it more time, or more workers.',
  details: { job: job.id, ranMs: nowMs - job.submittedMs },
});

/** A worker's report that does not fit its task: a bug, answered without trusting it further. */
export const malformedOutput = ({ task, worker }: Attempt, output: TaskOutput): ErrorData => ({
  code: 'INTERNAL',
  message:
    `Worker ${worker.id} reported ${output.partitions.length} partitions for ${titleOf(task)}, ` +
    `which writes ${partitionCount(task.stage.spec.output)}.`,
  next: 'This is a bug in the worker: please report it with the story.',
  details: { ...place(task), story: taskStory(task) },
});

const titleOf = ({ stage, index }: Task): string =>
  `Task ${index} of stage ${stage.spec.id} (${stage.spec.name}) of ${stage.job.id}`;

const place = ({ stage, index }: Task): Record<string, string | number> => ({
  job: stage.job.id,
  stage: stage.spec.id,
  stageName: stage.spec.name,
  task: index,
  partition: index,
});

/** The beginning of a task's pieces. They hold no secrets. */
const piecesText = (connector: string, pieces: readonly Json[] = []): string =>
  `${connector}, pieces ${JSON.stringify(pieces).slice(0, piecesCharactersMax)}`;

const piecesCharactersMax = 200;

/** What a task reads, for people. */
export const inputOf = ({ stage, index }: Task): string =>
  stage.spec.inputs.map((input) => oneInput(stage, input, index)).join('; ') || 'no input';

function oneInput(stage: Stage, input: StageInput, index: number): string {
  switch (input.kind) {
    case 'splits':
      return `${input.name}: ${input.perTask[index]?.map(({ file }) => file.path).join(', ') ?? 'no files'}`;
    case 'extract':
      return `${input.name}: ${piecesText(input.source.connector, input.perTask[index])}`;
    case 'dataset': {
      const range = input.perTask[index];
      return `${input.name}: segments ${range?.from} to ${range?.to} of dataset ${input.dataset}`;
    }
    case 'exchange': {
      const from = stage.job.stages.get(input.from)?.spec.name ?? '?';
      return `${input.name}: ${input.mode === 'broadcast' ? 'all' : `partition ${index}`} of stage ${input.from} (${from})`;
    }
  }
}
