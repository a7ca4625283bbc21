import type { SheafError } from '../errors.ts';
import type { JobId } from '../ids.ts';
import type { Schema } from '../schema.ts';
import type { ExchangePart } from '../stage/exchange-part.ts';
import type { StageSpec } from '../stage/stage.ts';
import type { PartitionSize } from '../stage/task.ts';
import type { PlanNode } from './node.ts';
import type { StageWork, WorkerPeak } from './stage-work.ts';

/** What a client asks a coordinator to run. */
export interface JobRequest {
  readonly plan: PlanNode;
  /** For people: in `sheaf jobs`. */
  readonly name: string;
  /** Higher runs first; jobs of equal priority share fairly. */
  readonly priority: number;
  /** The job fails with `DEADLINE` this long after its submission. */
  readonly deadlineMs?: number;
  /** Unique to this submission: told twice, because an answer was lost, it is one job. */
  readonly key?: string;
}

/** The state of a job as clients see it. */
export type JobState = 'planning' | 'running' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled';

/** Progress of one stage, for people. */
export interface StageProgress {
  readonly id: number;
  readonly name: string;
  readonly tasks: number;
  readonly running: number;
  readonly finished: number;
  readonly rowsOut: number;
  readonly bytesOut: number;
  /** Wall time since its first task started, until its last ended, in ms. */
  readonly elapsedMs: number;
  /** What its tasks did, once all are done. */
  readonly work?: StageWork;
}

/** What was not done as planned, because sizes turned out otherwise. */
export interface Adaptation {
  readonly stage: number;
  readonly kind: 'merged' | 'split' | 'broadcast' | 'filtered' | 'empty' | 'whole' | 'partitions';
  /** For people. */
  readonly text: string;
}

/** A job as a list or a detail shows it. */
export interface JobInfo {
  readonly id: JobId;
  readonly name: string;
  readonly state: JobState;
  readonly submittedMs: number;
  readonly endedMs?: number;
  readonly stages: readonly StageProgress[];
  readonly attempts: number;
  /** In the order in which it was decided. */
  readonly adaptations: readonly Adaptation[];
  /** Attempts beyond the first of their task, by cause. */
  readonly reruns: Readonly<Record<string, number>>;
  /** What DuckDB was seen to write to the workers' disks for want of memory, over all stages. */
  readonly spilledBytes: number;
  /** The most memory of each worker that ran a part of it. */
  readonly peaks: readonly WorkerPeak[];
  readonly error?: ReturnType<SheafError['toData']>;
}

/** Where a finished job's rows are. */
export interface JobResult {
  readonly schema: Schema;
  /** In order: the rows of part 0, then those of part 1, … */
  readonly parts: readonly ExchangePart[];
  /**
   * False if parts that are made again may hold other rows: a reader in the middle of one cannot go on. Default true.
   */
  readonly deterministic?: boolean;
  /**
   * The leader under whom it was made. Another leader's parts may be cut otherwise: a reader in the middle of them
   * cannot go on.
   */
  readonly epoch?: number;
  /** Of a write: what was committed. */
  readonly written?: { readonly path: string; readonly files: number } & PartitionSize;
}

/** A worker as `sheaf workers` shows it. */
export interface WorkerInfo {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** `host:port` of its Flight service. */
  readonly address: string;
  readonly state: 'active' | 'draining';
  readonly slots: number;
  readonly running: number;
  readonly rssBytes: number;
  readonly exchangeBytes: number;
  readonly joinedMs: number;
}

/** What the coordinator would do with a request, without doing it. */
export interface Explanation {
  /** The logical plan and the stages, for people. */
  readonly text: string;
  /** The stages, for programs, and the columns of the result. */
  readonly json: { readonly stages: readonly StageSpec[]; readonly schema: Schema };
}
