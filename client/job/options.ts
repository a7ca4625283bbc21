import type { JobInfo } from '../../shared/plan/job.ts';

/** What every action takes. */
export interface ActionOptions {
  /** Cancels the job when aborted; the action then throws `CANCELLED`. */
  readonly signal?: AbortSignal;
  /** For people, in `sheaf jobs`. Default: the action's name. */
  readonly name?: string;
  /** The job fails with `DEADLINE` this long after its submission. */
  readonly deadlineMs?: number;
  /** Jobs of higher priority get slots first. Default 0. */
  readonly priority?: number;
  /** Called with each update of the job's progress, the last one after its end. */
  readonly onProgress?: (info: JobInfo) => void;
}
