import type { MessagePort } from 'node:worker_threads';
import type { Config } from '../../shared/config/config.ts';
import type { LocalPart } from '../../shared/exchange/local-parts.ts';
import type { TaskFailure } from '../../shared/failure.ts';
import type { AttemptKey } from '../../shared/ids.ts';
import type { LogOptions } from '../../shared/log.ts';
import type { Schema } from '../../shared/schema.ts';
import type { StageOutput } from '../../shared/stage/output.ts';
import type { Split } from '../../shared/stage/split.ts';
import type { Step } from '../../shared/stage/step.ts';
import type { TaskInput, TaskOutput } from '../../shared/stage/task.ts';

/** What an attempt's thread works with. */
export interface ThreadData extends ThreadSetUp, ThreadDatabase {}

/** What it needs of the worker's one database, which is another one once a query has broken it. */
export interface ThreadDatabase {
  /** Its address: each thread opens its own connections to it. */
  readonly database: bigint;
  /** `Database.narrowArrowOptions`. */
  readonly narrowArrowOptions: bigint;
}

/** What every pool thread is given once, when it starts. */
export interface ThreadSetUp {
  /** For messages: which worker could not see a file. */
  readonly workerName: string;
  /** Root of the exchange files that attempts of this worker write. */
  readonly exchangeRoot: string;
  /** Memory of the worker's `DiskQuota`. */
  readonly exchangeQuota: SharedArrayBuffer;
  /** Where byte ranges, spools and other passing files of attempts lie. */
  readonly tempRoot: string;
  /** Directory of function bundles, each named by its SHA-256. */
  readonly blobRoot: string;
  /** Of connectors, in threads. */
  readonly logging?: Omit<LogOptions, 'output'>;
  /** Where the values of secrets lie, beside the environment. Absolute. */
  readonly secretsFolder?: string | undefined;
  readonly config: Config;
}

/** One attempt as it enters a pool thread: descriptors and file positions, never data. */
export interface PoolTask {
  readonly key: AttemptKey;
  readonly inputs: readonly LocalInput[];
  readonly steps: readonly Step[];
  readonly output: StageOutput;
  readonly schema: Schema;
  /** Address of the database of wide attempts, for one that is wide: its queries run on threads of their own. */
  readonly wideDatabase?: bigint;
  /** Its rows are the job's result: few of them go along with its reply. */
  readonly result?: boolean;
  /** Shared with the worker's main thread, which cancels through it. */
  readonly cancellation: SharedArrayBuffer;
  /** Where permits are asked for, if the task speaks with a source or a sink. */
  readonly permits?: MessagePort;
}

/** An attempt, and the database that it finds. */
export interface PoolMessage extends PoolTask {
  readonly shared: ThreadDatabase;
}

/** An input once everything remote has been fetched. */
export type LocalInput =
  | { readonly kind: 'splits'; readonly name: string; readonly schema: Schema; readonly splits: readonly Split[] }
  | Extract<TaskInput, { kind: 'extract' }>
  | { readonly kind: 'parts'; readonly name: string; readonly schema: Schema; readonly parts: readonly LocalPart[] };

/** How an attempt ended in its thread. */
export type PoolReply =
  | { readonly kind: 'finished'; readonly output: TaskOutput }
  | { readonly kind: 'failed'; readonly failure: TaskFailure };

/** Whether a task speaks with a source or a sink. */
export const usesConnectors = ({ inputs, steps }: Pick<PoolTask, 'inputs' | 'steps'>): boolean =>
  inputs.some(({ kind }) => kind === 'extract') || steps.some(({ kind }) => kind === 'load' || kind === 'reread');
