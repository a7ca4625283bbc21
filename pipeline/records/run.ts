import type { ErrorData } from '../../shared/errors.ts';
import type { JobId } from '../../shared/ids.ts';
import type { Json } from '../../shared/json.ts';
import type { JobInfo } from '../../shared/plan/job.ts';
import type { LoadReceipt } from '../../shared/plan/nodes/load.ts';
import type { Schema } from '../../shared/schema.ts';

/**
 * One run of a pipeline.
 *
 * ```
 * queued ─▶ preparing ─▶ loading ─▶ committing ─▶ succeeded
 *              ▲  │         │            │
 *   a new leader, │         ▼            ▼ the sink refuses, for good
 *   a retry ──────┴───── retrying ──▶ failed      cancelled
 * ```
 *
 * Up to `loading` nothing that a sink shows has changed, and another attempt begins anew. `committing` is decided:
 * receipts and cursors are in the store, and whoever leads does what of it is not done yet.
 */
export type RunLife =
  | { readonly state: 'queued'; readonly dueMs: number }
  | { readonly state: 'preparing' }
  | { readonly state: 'loading'; readonly job: JobId }
  /**
   * The blob (its SHA-256) that holds the decided `RunCommit`. `error`: why it has not been done yet; it is tried
   * again. `abandoned`: once more only.
   */
  | { readonly state: 'committing'; readonly commit: string; readonly error?: ErrorData; readonly abandoned?: true }
  | { readonly state: 'retrying'; readonly dueMs: number; readonly error: ErrorData }
  /** `commit`: the blob with what was loaded. */
  | { readonly state: 'succeeded'; readonly endedMs: number; readonly summary: RunSummary; readonly commit?: string }
  | { readonly state: 'failed'; readonly endedMs: number; readonly error: ErrorData; readonly summary?: RunSummary }
  | { readonly state: 'cancelled'; readonly endedMs: number };

/** The states of a run. */
export type RunState = RunLife['state'];

/** What the store keeps of a run: small. */
export interface RunRecord {
  /**
   * `<pipeline>-<time>-<random>`, or, for what is scheduled, derived from pipeline and due time: two leaders make one.
   */
  readonly id: string;
  readonly pipeline: string;
  /** Of the document, which is a blob of this name. */
  readonly version: string;
  readonly cause: RunCause;
  /** The interval of a scheduled or backfilled run; in params as `interval_start`, `interval_end`. */
  readonly interval?: { readonly startMs: number; readonly endMs: number };
  readonly params: Readonly<Record<string, Json>>;
  /** Counted from 1: in names of what is staged. A leader's end begins another one, as a retry does. */
  readonly attempt: number;
  /** Attempts that failed: what the retry policy counts. */
  readonly failures: number;
  /** Leaders that ended under it. */
  readonly takeovers: number;
  readonly submittedMs: number;
  readonly startedMs?: number;
  /** The run whose rejected rows this one loads. */
  readonly replayOf?: string;
  /**
   * The run that has replayed this one's rejected rows: rows rejected again are that run's, so none is loaded twice.
   */
  readonly replayedBy?: string;
  /** Of its failure, to the webhook of its pipeline. */
  readonly notice?: FailureNotice;
  /** Once it is over: what it staged is removed. */
  readonly cleaned?: boolean;
  readonly life: RunLife;
}

/** What became of telling a webhook that a run has failed for good. */
export type FailureNotice =
  | { readonly state: 'delivered'; readonly atMs: number }
  | { readonly state: 'givenUp'; readonly atMs: number; readonly error: ErrorData };

/** Who asked for a run. */
export type RunCause = 'manual' | 'schedule' | 'backfill' | 'replay';

/** Decided when the job has ended and all rules hold: from here the load happens, once. */
export interface RunCommit {
  /** In the order in which they commit: quarantines last. */
  readonly outputs: readonly CommitOutput[];
  readonly cursors: Readonly<Record<string, Json>>;
  readonly summary: RunSummary;
}

/** One output to commit: its sink, and the receipts that count. */
export interface CommitOutput {
  /** In the plan. */
  readonly name: string;
  readonly connector: string;
  readonly options: Json;
  readonly schema: Schema;
  readonly prepared: Json;
  readonly receipts: readonly LoadReceipt[];
}

/** What happened, for people and programs: kept with the run. */
export interface RunSummary {
  readonly sources: readonly SourceSummary[];
  readonly outputs: readonly OutputSummary[];
}

/** What a run read of a source. */
export interface SourceSummary {
  readonly name: string;
  readonly connector: string;
  readonly rows: number;
  readonly rejected: number;
  /** Files, objects, ranges or requests that were read: how many, and the first ones. */
  readonly pieces: number;
  readonly first: readonly string[];
  readonly cursorBefore?: Json;
  readonly cursorAfter?: Json;
}

/** What a run made of an output. */
export interface OutputSummary {
  readonly name: string;
  readonly connector: string;
  /** Loaded. */
  readonly rows: number;
  /** By a rule, or because they could not be read; with `warn` they are loaded all the same. */
  readonly rejected: number;
  readonly bytes: number;
  readonly rules: readonly RuleSummary[];
  /** Of a run that was abandoned while it was being committed: whether these rows are in the target. */
  readonly loaded?: 'yes' | 'no' | 'unknown';
  /** Tables, paths, columns added. */
  readonly detail: Json;
}

/** What a rule found. */
export interface RuleSummary {
  readonly rule: string;
  readonly rejected: number;
  /** Of a rule about the dataset: what was found. */
  readonly found?: Json;
  readonly passed: boolean;
}

/** A run as clients see it. */
export interface RunInfo extends RunRecord {
  /** Progress of its job, while it loads. */
  readonly job?: JobInfo;
}
