import type { ErrorData } from '../../../shared/errors.ts';
import type { JobId } from '../../../shared/ids.ts';
import type { Adaptation, JobResult, StageProgress } from '../../../shared/plan/job.ts';
import type { WorkerPeak } from '../../../shared/plan/stage-work.ts';
import type { Schema } from '../../../shared/schema.ts';
import type { FileCommit } from '../sinks/file-commit.ts';

/**
 * A job's life as its clients see it. The scheduler holds the tasks; this holds the request before it and the outcome
 * after it.
 *
 * ```
 * planning ──▶ running ──▶ succeeded ──▶ released
 *    │  │        │  ▲          │
 *    │  │        │  └──────────┘ a part of the result was lost
 *    ▼  ▼        ▼
 * failed, cancelled (terminal)
 * ```
 */
export type JobLife =
  | { readonly state: 'planning' }
  | { readonly state: 'running' }
  | { readonly state: 'cancelling' }
  /**
   * `result` stays until the client releases it or its retention ends; one released under an earlier leader is gone.
   */
  | { readonly state: 'succeeded'; readonly result?: JobResult; readonly endedMs: number; readonly released: boolean }
  | { readonly state: 'failed'; readonly error: ErrorData; readonly endedMs: number }
  | { readonly state: 'cancelled'; readonly endedMs: number };

/** What a leader knows of a job. */
export interface JobRecord {
  readonly id: JobId;
  readonly name: string;
  /** The client's, so that a submission told twice is one job. */
  readonly key?: string;
  /** Client-held datasets that it reads: they go when it ends. */
  readonly datasets: readonly string[];
  /** Function bundles that it needs. */
  readonly bundles: readonly string[];
  /** Wall-clock time, for people. */
  readonly submittedMs: number;
  readonly life: JobLife;
  /** Columns of the result, known once planned. */
  readonly schema?: Schema;
  /** Whether a part that is made again holds the same rows. */
  readonly deterministic?: boolean;
  readonly sink?: FileCommit;
  /** An earlier leader ran it: other runs may have staged files. */
  readonly takenOver?: boolean;
  /** Files that were committed: tasks without rows write none. */
  readonly files?: number;
  /** What was not done as planned. */
  readonly adaptations?: readonly Adaptation[];
  /** What the scheduler last said, kept when it forgets the job. */
  readonly report?: FinalReport;
}

/** What the scheduler said of a job when it had ended. */
export interface FinalReport {
  readonly stages: readonly StageProgress[];
  readonly attempts: number;
  readonly reruns: Readonly<Record<string, number>>;
  readonly spilledBytes: number;
  readonly peaks: readonly WorkerPeak[];
}

/** Whether a job has come to an end. One that succeeded runs again if a part of its result is lost. */
export const isOver = ({ state }: JobLife): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';
