/** Identity is job/stage/task/attempt under an epoch, so that a stale report is recognisable. */

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** One submitted job, for example `job-3f9a2c`. Unique for the life of a cluster. */
export type JobId = Branded<string, 'JobId'>;
/** A stage's number within its job, counted from 0. */
export type StageId = Branded<number, 'StageId'>;
/** One life of a worker process: a restart at the same address has another. */
export type WorkerId = Branded<string, 'WorkerId'>;
/** The leader's fencing number: a later leader's is higher. */
export type Epoch = Branded<number, 'Epoch'>;

/** One partition of a stage. */
export interface TaskKey {
  readonly job: JobId;
  readonly stage: StageId;
  /** The partition's number within its stage, counted from 0. */
  readonly task: number;
}

/** One run of a task. */
export interface AttemptKey extends TaskKey {
  /** Counted from 0 over the life of the task. */
  readonly attempt: number;
}

/** Brands a job's id that comes from outside. */
export const jobId = (text: string): JobId => text as JobId;
/** Brands a stage's number that comes from outside. */
export const stageId = (number: number): StageId => number as StageId;
/** Brands a worker's incarnation that comes from outside. */
export const workerId = (text: string): WorkerId => text as WorkerId;
/** Brands a leader's number that comes from outside. */
export const epoch = (number: number): Epoch => number as Epoch;

/** `job/stage/task/attempt`: the name of an attempt in logs, maps and file names' parents. */
export const attemptName = (key: AttemptKey): string => `${key.job}/${key.stage}/${key.task}/${key.attempt}`;
