import type { JobId } from '../../shared/ids.ts';
import type { JobInfo } from '../../shared/plan/job.ts';
import type { LoadNode } from '../../shared/plan/nodes/load.ts';
import type { Schema } from '../../shared/schema.ts';
import type { ListedSource } from './decide.ts';
import type { ReceiptRow } from './receipts.ts';

/** What running a pipeline needs of the engine: its jobs. */
export interface LoadEngine {
  /**
   * The columns that each output's sink will get.
   *
   * @throws SheafError of a source that cannot be listed, or SQL that is wrong
   */
  describe(plan: LoadNode, signal: AbortSignal): Promise<Readonly<Record<string, Schema>>>;
  /** @param key unique to an attempt of a run: told twice, it is one job */
  submit(plan: LoadNode, key: string): Promise<JobId>;
  /**
   * Waits for the job's end; its result goes then.
   *
   * @throws SheafError the job's own, `CANCELLED`, or the signal's reason
   */
  outcome(job: JobId, signal: AbortSignal): Promise<LoadOutcome>;
  /** Resolves when no task of the job with this key begins any more. Harmless if there is none. */
  cancel(key: string): Promise<void>;
  progress(job: JobId): JobInfo | undefined;
}

export interface LoadOutcome {
  readonly receipts: readonly ReceiptRow[];
  /** By the name of the source's step. */
  readonly sources: Readonly<Record<string, ListedSource>>;
}

const keyPrefix = 'run:';

/** The key of an attempt's job. */
export const jobKey = (run: string, attempt: number): string => `${keyPrefix}${run}:${attempt}`;

/** Jobs of runs are not taken over by another leader: their run begins another attempt. */
export const isRunKey = (key: string | undefined): boolean => key?.startsWith(keyPrefix) ?? false;
