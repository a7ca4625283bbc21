import type { Json } from '../../shared/json.ts';
import type { RunCause } from './run.ts';

/** What is to be run. */
export interface RunRequest {
  readonly pipeline: string;
  /** Of the document; default: the one that was run or deployed last. */
  readonly version?: string;
  readonly cause: RunCause;
  readonly params?: Readonly<Record<string, Json>>;
  readonly interval?: { readonly startMs: number; readonly endMs: number };
  /** The run whose rejected rows are loaded. */
  readonly replayOf?: string;
  /** Asked for twice, it is one run. Default: a new one. */
  readonly id?: string;
}
