import type { StageOutput } from '../../../shared/stage/output.ts';
import type { StageSpec } from '../../../shared/stage/stage.ts';
import type { TaskMetrics } from '../../../shared/stage/task.ts';
import type { Job } from './job.ts';
import type { ReadyQueue } from './queue.ts';
import type { Task, TaskState } from './task.ts';
import { checkStep, type TriggerOf } from './transitions.ts';

/** A stage of a job and what has become of it. */
export interface Stage {
  readonly job: Job;
  readonly spec: StageSpec;
  /** 1 + the depth of its deepest producer: consumers are deeper than what they read. */
  readonly depth: number;
  readonly tasks: readonly Task[];
  /** The stages that it reads, each once. */
  readonly producers: readonly Stage[];
  readonly consumers: Stage[];
  state: StageState;
  /** How many of its tasks are in each state. */
  readonly counts: Record<TaskState['kind'], number>;
  /** Its pending tasks that need not run alone. */
  readonly queue: ReadyQueue;
  /** Tasks in the state `lost`. */
  lost: Task[];
  /** A consumer's attempt was launched with the outputs as they are: a changed one may have been read. */
  outputsRead: boolean;
  /** Nobody will read it: none of the stages that are still to come. */
  unread: boolean;
  /** Its inputs' generation: outputs of another one do not belong together. */
  generation: number;
  /** Counts changes of its winning attempts, for what is cached about them. */
  version: number;
  /** Has been finished at least once. */
  everFinished: boolean;
  readonly totals: StageTotals;
}

export type StageState =
  /** Has tasks to run, but some producers have not finished. */
  | { readonly kind: 'waiting'; readonly incomplete: number }
  /** Has tasks to run, and all their inputs. */
  | { readonly kind: 'running' }
  /** Every task has its output. */
  | { readonly kind: 'finished' }
  /** Some outputs are missing, and nobody needs them. */
  | { readonly kind: 'spent' };

export interface StageTotals {
  attempts: number;
  startedMs: number | undefined;
  finishedMs: number | undefined;
  /** Time from launch to report over the winning attempts that finished so far, lost again or not. */
  wins: number;
  winsMs: number;
  metrics: { -readonly [Name in keyof TaskMetrics]: number };
}

const noMetrics: TaskMetrics = {
  rowsIn: 0,
  rowsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  fetchMs: 0,
  runMs: 0,
  spilledBytes: 0,
  peakRssBytes: 0,
};

export const createTotals = (): StageTotals => ({
  attempts: 0,
  startedMs: undefined,
  finishedMs: undefined,
  wins: 0,
  winsMs: 0,
  metrics: { ...noMetrics },
});

/** Adds a winning attempt's numbers, or takes them away (`sign` -1) when its output is lost; what it peaked at stays. */
export function addMetrics(stage: Stage, metrics: TaskMetrics, sign: 1 | -1): void {
  const sums = stage.totals.metrics;
  sums.rowsIn += sign * metrics.rowsIn;
  sums.rowsOut += sign * metrics.rowsOut;
  sums.bytesIn += sign * metrics.bytesIn;
  sums.bytesOut += sign * metrics.bytesOut;
  sums.fetchMs += sign * metrics.fetchMs;
  sums.runMs += sign * metrics.runMs;
  sums.spilledBytes += sign * metrics.spilledBytes;
  sums.peakRssBytes = Math.max(sums.peakRssBytes, metrics.peakRssBytes);
}

export function moveStage(stage: Stage, trigger: TriggerOf<'stage'>, next: StageState): void {
  checkStep('stage', stage.state.kind, trigger, next.kind, () => stageName(stage));
  stage.state = next;
}

/** It has tasks to run. */
export const isUnfinished = ({ state }: Stage): boolean => state.kind === 'waiting' || state.kind === 'running';

/**
 * Whether missing outputs of the stage are to be made: the result is asked of it, or an unfinished stage reads it, or
 * the stages that may read it are still being planned.
 */
export function isNeeded(stage: Stage): boolean {
  const { job } = stage;
  if (job.state.kind !== 'running' && job.state.kind !== 'repairing') return false;
  if (job.finalStage === stage) return true;
  if (job.finalStage === undefined && stage.consumers.length === 0) return !stage.unread;
  return stage.consumers.some(isUnfinished);
}

/** How many partitions each task writes; 0 for a file. */
export function partitionCount(output: StageOutput): number {
  if (output.kind === 'file') return 0;
  return output.partitioning.kind === 'single' ? 1 : output.partitioning.partitions;
}

export const isDurable = ({ spec }: Stage): boolean => spec.output.kind === 'file';

export const stageName = ({ job, spec }: Stage): string => `stage ${spec.id} (${spec.name}) of ${job.id}`;
