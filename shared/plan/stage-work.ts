import type { TaskMetrics } from '../stage/task.ts';

/** The least, the middle and the most of a number over a stage's tasks. The middle of an even count is their mean. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** A number of tasks whose spread is reported. */
export type SpreadMetric = Exclude<keyof TaskMetrics, 'peakRssBytes'>;

/** What the tasks of a finished stage did: sums over them (of `peakRssBytes` the most), and how each number spreads. */
export interface StageWork extends TaskMetrics {
  /** Attempts launched, those that were run again or run twice among them. */
  readonly attempts: number;
  /** False if it reads text files, whose rows nobody counts: `rowsIn` is then of its other inputs. */
  readonly rowsInKnown: boolean;
  readonly perTask: Readonly<Record<SpreadMetric, Spread>>;
  /** Its tasks, those that took longest first, at most `longestTasksMax`. */
  readonly longest: readonly TaskWork[];
  /** The most rows of a task by the median: rows read where they are known, else rows handed on. 1 is even. */
  readonly skew: number;
}

/** What one task did, in the attempt whose output was taken. */
export interface TaskWork extends TaskMetrics {
  readonly task: number;
  readonly worker: string;
}

/** How many tasks of a stage are reported one by one: those that it waited for. */
export const longestTasksMax = 8;

/**
 * The most memory that a worker's process was seen to hold while it ran attempts of a job, with all that ran beside
 * them.
 */
export interface WorkerPeak {
  readonly worker: string;
  readonly peakRssBytes: number;
}
