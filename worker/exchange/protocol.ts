import type { Config } from '../../shared/config/config.ts';
import type { ErrorData } from '../../shared/errors.ts';
import type { LocalPart } from '../../shared/exchange/local-parts.ts';
import type { JobId, WorkerId } from '../../shared/ids.ts';
import type { ExchangePart } from '../../shared/stage/exchange-part.ts';
import type { SegmentRange } from '../../shared/stage/split.ts';

/** What the bulk thread starts with. */
export interface BulkOptions {
  /** The folder of this process's exchange files, from `claimRoot`. */
  readonly root: string;
  /** `host:port` to serve on; default a free port on loopback. */
  readonly listen?: string | undefined;
  readonly token?: string | undefined;
  readonly config: Config;
  /** A `DiskQuota`'s memory, shared with the pool threads' writers. */
  readonly quotaMemory: SharedArrayBuffer;
}

/** What a task reads from elsewhere. */
export type Wish =
  | {
      readonly kind: 'parts';
      readonly job: JobId;
      readonly parts: readonly ExchangePart[];
      /** A broadcast: all tasks of the worker that ask for the same parts share one copy. */
      readonly shared: boolean;
      /** This worker: its own parts are not fetched. */
      readonly self: WorkerId;
    }
  | {
      readonly kind: 'dataset';
      readonly job: JobId;
      readonly dataset: string;
      readonly segments: SegmentRange;
      /** Where it is spooled: the coordinator's Flight service. */
      readonly address: string;
    };

/** From the worker's main thread to the bulk thread. */
export type BulkInput =
  | { readonly kind: 'fetch'; readonly id: number; readonly wish: Wish }
  /** The task that a fetch was for has read it, or is cancelled. */
  | { readonly kind: 'release'; readonly id: number }
  | { readonly kind: 'dropJob'; readonly id: number; readonly job: JobId }
  | { readonly kind: 'stats'; readonly id: number }
  | { readonly kind: 'close'; readonly graceMs: number };

/** From the bulk thread to the worker's main thread. Each `fetch`, `dropJob` and `stats` has one answer with its id. */
export type BulkOutput =
  | { readonly kind: 'ready'; readonly address: string }
  | { readonly kind: 'refused'; readonly error: ErrorData }
  | { readonly kind: 'fetched'; readonly id: number; readonly parts: readonly LocalPart[] }
  | { readonly kind: 'dropped'; readonly id: number }
  | { readonly kind: 'stats'; readonly id: number; readonly stats: BulkStats }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ErrorData };

/** What the bulk thread does, in numbers. */
export interface BulkStats {
  /** Pulls begun since the start, and bytes that they brought. */
  readonly pulls: number;
  readonly fetchedBytes: number;
  /** Fetches running or held by tasks. */
  readonly held: number;
  /** Bytes on disk: exchange files and spools. */
  readonly diskBytes: number;
}
