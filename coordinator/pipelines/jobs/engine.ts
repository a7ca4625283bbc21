import type { JobId } from '../../../shared/ids.ts';
import type { JobInfo } from '../../../shared/plan/job.ts';
import type { LoadNode } from '../../../shared/plan/nodes/load.ts';
import type { Schema } from '../../../shared/schema.ts';
import type { TaskReceipt } from '../../../shared/stage/load-step.ts';
import type { ListedSource } from '../decisions/decide.ts';

/** What running a pipeline needs of the engine: its jobs. */
export interface LoadEngine {
  /**
   * Lists the sources of a plan: what its job will read is settled then.
   *
   * @throws SheafError of a source that cannot be listed, or SQL that is wrong
   */
  open(plan: LoadNode, signal: AbortSignal): Promise<OpenLoad>;
  /** Resolves when no task of the job with this key runs any more, or after a time. Harmless if there is none. */
  cancel(key: string): Promise<void>;
  progress(job: JobId): JobInfo | undefined;
}

/** A load whose sources are listed. */
export interface OpenLoad {
  /** By the name of the source. */
  readonly sources: Readonly<Record<string, ListedSource>>;
  /** The columns that each output's sink will get. */
  readonly schemas: Readonly<Record<string, Schema>>;
  /**
   * No other leader goes on with the job: the run begins anew.
   *
   * @param plan with what the sinks have prepared
   * @param key unique to an attempt of a run: told twice, it is one job
   */
  submit(plan: LoadNode, key: string): Promise<JobId>;
  /**
   * Waits for the job's end.
   *
   * @throws SheafError the job's own, `CANCELLED`, or the signal's reason
   */
  receipts(job: JobId, signal: AbortSignal): Promise<readonly TaskReceipt[]>;
  /** Lets go of the job's result, and of what its sources hold for it. Never throws. */
  close(): Promise<void>;
}

/** The key of an attempt's job. */
export const jobKey = (run: string, attempt: number): string => `run:${run}:${attempt}`;
