import type { WorkerId } from '../../../shared/ids.ts';
import type { TaskOutput } from '../../../shared/stage/task.ts';
import type { LaunchCause } from '../effects.ts';
import type { Attempt } from './attempt.ts';
import type { Stage } from './stage.ts';
import type { TriggerOf } from './transitions.ts';
import type { Worker } from './worker.ts';

/** One partition of a stage and what has become of it. */
export interface Task {
  readonly stage: Stage;
  /** Its partition's number. */
  readonly index: number;
  state: TaskState;
  /** The number of its next attempt: never used twice, so that a late report of an old one is recognised. */
  nextAttempt: number;
  /** How often it failed by its own fault. */
  failures: number;
  /** How often it started over by no fault of its own. */
  freeRetries: number;
  /** The workers that died while they ran it. */
  deaths: readonly WorkerId[];
  /** Its next attempts have a worker to themselves. Once set it stays. */
  alone: boolean;
  /** All threads of that worker work for it, until it runs out of memory: one thread needs less. */
  wide: boolean;
  /** Where it failed last: run it elsewhere if there is an elsewhere. */
  avoid: WorkerId | undefined;
  /** The worker that holds most of its input, as of this version of its stage's inputs. */
  nearest: { readonly version: number; readonly worker: Worker | undefined } | undefined;
  /** Its latest steps, oldest first. */
  readonly story: TaskStep[];
}

export type TaskState =
  /** To be run as soon as its stage's inputs are complete and a slot is free. */
  | { readonly kind: 'pending'; readonly cause: LaunchCause }
  /** It failed and waits before it is tried again. */
  | { readonly kind: 'delayed'; readonly cause: LaunchCause; readonly untilMs: number }
  /** One attempt, or two if it is slow. All of them are in the state `running`. */
  | { readonly kind: 'running'; readonly attempts: readonly Attempt[] }
  /** One attempt won: its output is the task's. */
  | {
      readonly kind: 'finished';
      readonly attempt: number;
      readonly worker: Worker;
      readonly output: TaskOutput;
      /** The stage's generation as the attempt was launched. */
      readonly generation: number;
    }
  /** It has no output, and nobody has asked for it (again). */
  | { readonly kind: 'lost'; readonly cause: LaunchCause };

/** One line of a task's story. */
export interface TaskStep {
  readonly atMs: number;
  readonly trigger: TriggerOf<'task'>;
  readonly to: TaskState['kind'];
  readonly note: string;
}

export const createTask = (stage: Stage, index: number): Task => ({
  stage,
  index,
  state: { kind: 'lost', cause: 'first' },
  nextAttempt: stage.job.firstAttempt,
  failures: 0,
  freeRetries: 0,
  deaths: noDeaths,
  alone: stage.spec.wide === true,
  wide: stage.spec.wide === true,
  avoid: undefined,
  nearest: undefined,
  story: [],
});

const noDeaths: readonly WorkerId[] = [];

/** The task's latest steps, one per line. */
export const taskStory = (task: Task): string =>
  [
    `task ${task.stage.job.id}/${task.stage.spec.id}/${task.index}, now ${task.state.kind}`,
    ...task.story.map(
      ({ atMs, trigger, to, note }) => `${atMs} ms: ${trigger} → ${to}${note === '' ? '' : ` (${note})`}`,
    ),
  ].join('\n');
