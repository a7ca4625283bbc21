import type { JobInfo } from '../../shared/plan/job.ts';

/** Takes what jobs say of their progress. */
export interface ProgressListener {
  readonly update: (info: JobInfo) => void;
  /** Leaves the terminal as it should be. */
  readonly close: () => void;
}

/** What is written to: stderr, or a stand-in for tests. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}
