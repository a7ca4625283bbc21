import type { ErrorData } from '../../../shared/errors.ts';
import type { JobId } from '../../../shared/ids.ts';
import type { JobResult } from '../../../shared/plan/job.ts';
import type { FileCommit } from '../sinks/file-commit.ts';

/**
 * What the store keeps of a job: enough for another leader to go on with it, and small.
 *
 * ```
 * running ──▶ committing ──▶ succeeded
 *   │  │ ▲        │             ▲
 *   │  │ └────────┘ the commit failed
 *   │  └──────────── no sink: once the client has its result
 *   ▼
 * failed, cancelled
 * ```
 */
export type SavedJob = SavedFacts & SavedLife;

interface SavedFacts {
  readonly id: JobId;
  readonly name: string;
  /** The client's, so that a submission told twice is one job. */
  readonly key?: string;
  /** Wall-clock time. */
  readonly submittedMs: number;
  /** The blob that holds the request. Gone once the job is over. */
  readonly request: string;
  /** What the plan counted on, so that another leader plans alike before its workers are back. */
  readonly slots: number;
  /** How many leaders have ended under it. */
  readonly takeovers: number;
  /** Where it writes, if it does. */
  readonly destination?: string;
}

/** A job's state as the store keeps it. */
export type SavedLife =
  /** Also a job whose result its client has not taken yet: it is made again. */
  | { readonly state: 'running' }
  /** Someone asked it to stop, and was promised that it will. */
  | { readonly state: 'cancelling' }
  /** Decided: from here on, the files named appear at the destination, whoever leads. */
  | { readonly state: 'committing'; readonly commit: SavedCommit }
  | { readonly state: 'succeeded'; readonly endedMs: number; readonly written?: JobResult['written'] }
  | { readonly state: 'failed'; readonly endedMs: number; readonly error: ErrorData }
  | { readonly state: 'cancelled'; readonly endedMs: number };

/** A commit that is decided: any leader can carry it out. */
export interface SavedCommit extends FileCommit {
  readonly files: readonly string[];
  readonly rows: number;
  readonly bytes: number;
}

/** Whether the record says that the job is over. */
export const hasEnded = ({ state }: SavedLife): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';

/** What a new leader does with a job that it finds. */
type TakeOver =
  /** It is over: it is listed. */
  | { readonly kind: 'list' }
  /** Plan and run it again, under the same id. */
  | { readonly kind: 'run' }
  /** Its commit was decided: do what is left of it, and nothing else. */
  | { readonly kind: 'finishCommit'; readonly commit: SavedCommit }
  | { readonly kind: 'cancel' }
  /** It may be what ended its leaders. */
  | { readonly kind: 'giveUp' };

/** Pure. @param takeoversMax how many leaders one job may see end */
export function takeOverOf(job: SavedJob, takeoversMax: number): TakeOver {
  if (hasEnded(job)) return { kind: 'list' };
  if (job.state === 'committing') return { kind: 'finishCommit', commit: job.commit };
  if (job.state === 'cancelling') return { kind: 'cancel' };
  return { kind: job.takeovers < takeoversMax ? 'run' : 'giveUp' };
}
