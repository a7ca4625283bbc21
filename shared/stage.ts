import type { InlineRows } from './exchange/inline-rows.ts';
import type { ExchangePart, ExchangeSlice } from './exchange-part.ts';
import type { FunctionStep } from './function-step.ts';
import type { JobId, StageId } from './ids.ts';
import type { Json } from './json.ts';
import type { LoadStep } from './load-step.ts';
import type { ObjectStorage } from './plan/nodes/scan.ts';
import type { Schema } from './schema.ts';

export type { ExchangePart, ExchangeSlice } from './exchange-part.ts';
export type { CallMode, FunctionRef, FunctionStep, GroupColumns } from './function-step.ts';

/**
 * The staged plan: what the planner hands to the scheduler, and task by task to workers. A stage is a set of like
 * tasks between two exchanges. Plain data throughout.
 */
export interface StageSpec {
  readonly id: StageId;
  /** For people: `scan flights-3m.parquet → filter → partial aggregate`. */
  readonly name: string;
  /** How many tasks, that is partitions, the stage has. At least 1. */
  readonly tasks: number;
  readonly inputs: readonly StageInput[];
  /** Run in order; each step but the first reads the one before as the input named `previousInput`. */
  readonly steps: readonly Step[];
  readonly output: StageOutput;
  /** Columns that the last step yields. */
  readonly schema: Schema;
  /**
   * False if a second run of a task may yield other rows (an impure function, LIMIT without order over unordered input,
   * random()): when any of its tasks runs again, all the tasks that read it run again (Spark learned this as SPARK-23207).
   */
  readonly deterministic: boolean;
  /** Its task has a worker to itself and all its threads: SQL over files, which calls nothing back. */
  readonly wide?: boolean;
  /** Of a wide one: while nothing else runs, it gets the memory of all workers, which share this machine. */
  readonly large?: boolean;
}

/** The name under which a step's SQL reads the step before it. */
export const previousInput = 'previous';

/** A named relation that the steps' SQL can read, as a view of that name. */
export type StageInput =
  /** Pieces of files: task i reads `perTask[i]`. */
  | {
      readonly kind: 'splits';
      readonly name: string;
      readonly schema: Schema;
      readonly perTask: readonly (readonly Split[])[];
    }
  /**
   * What another stage wrote. `partition`: task i reads partition i of every producer, or `perTask[i]` where that is said;
   * `broadcast`: every task reads all.
   */
  | {
      readonly kind: 'exchange';
      readonly name: string;
      readonly schema: Schema;
      readonly from: StageId;
      readonly mode: 'partition' | 'broadcast';
      /** Set where partitions are merged, or one is read by several tasks. */
      readonly perTask?: readonly ExchangeSlice[];
    }
  /** Pieces of a connector's listing: task i reads `perTask[i]`; without any it has no rows. */
  | {
      readonly kind: 'extract';
      readonly name: string;
      /** The columns to read. */
      readonly schema: Schema;
      readonly source: SourceSpec;
      readonly perTask: readonly (readonly Json[])[];
    }
  /** A dataset that only the client held, spooled by the coordinator: task i reads the segments `perTask[i]`. */
  | {
      readonly kind: 'dataset';
      readonly name: string;
      readonly schema: Schema;
      readonly dataset: string;
      readonly perTask: readonly SegmentRange[];
    };

/** Reads rows again, of which only the text is left, as a source reads them now. Their columns are `unreadSchema`'s. */
export interface RereadStep {
  readonly kind: 'reread';
  readonly source: SourceSpec;
  /** All of the data. */
  readonly columns: Schema;
  /** The columns to yield. */
  readonly schema: Schema;
}

/** What a task reads from, through a connector. */
export interface SourceSpec {
  /** A name of `connectors/registry.ts`. */
  readonly connector: string;
  /** A secret stands in them by name: the worker puts its value in. */
  readonly options: Json;
}

/** Segments `[from, to)` of a spooled dataset, in order. */
export interface SegmentRange {
  readonly from: number;
  readonly to: number;
}

/** A file as the coordinator saw it: a worker checks size and time before it reads, so that both speak of the same bytes. */
export interface FileRef {
  /** Absolute path, or `s3://bucket/key`. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Of an object: its tag, which changes with its bytes (a worker reads no others), and its storage as the scan names it. */
  readonly object?: { readonly etag: string; readonly options?: ObjectStorage };
}

/** A piece of a source. */
export type Split =
  /** Rows `[firstRow, firstRow + rows)` by file row number: whole row groups. */
  | {
      readonly kind: 'parquet';
      readonly file: FileRef;
      readonly firstRow: number;
      readonly rows: number;
      /** Rows of the whole file: a split that has them all is read without counting. */
      readonly fileRows?: number;
      /** Columns of the input that this file lacks: they are read as null. */
      readonly missing?: readonly string[];
    }
  /** Bytes of a text file, from the first line start at or after `from` to the end of the line that holds `to - 1`. */
  | {
      readonly kind: 'csv';
      readonly file: FileRef;
      readonly from: number;
      readonly to: number;
      readonly dialect: CsvDialect;
    }
  | { readonly kind: 'ndjson'; readonly file: FileRef; readonly from: number; readonly to: number }
  /** Record batches `[firstBatch, firstBatch + batches)` of an Arrow IPC file or stream. */
  | { readonly kind: 'arrow'; readonly file: FileRef; readonly firstBatch: number; readonly batches: number };

/** How a CSV file is written, sniffed once by the coordinator so that all tasks agree. */
export interface CsvDialect {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly header: boolean;
  readonly nullText: string;
  readonly dateFormat?: string;
  readonly timestampFormat?: string;
  /** Lines before the header or the first row. */
  readonly skipRows?: number;
  /** Lines that begin with it are left out. */
  readonly comment?: string;
  /** All columns of the file in their order, with the types to read them as. */
  readonly columns: Schema;
}

/** What a task does between its inputs and its output. */
export type Step =
  /** One SELECT over the stage's inputs and `previous`, in DuckDB's SQL. */
  { readonly kind: 'sql'; readonly sql: string } | FunctionStep | RereadStep | LoadStep;

/** Where a task's rows go. */
export type StageOutput =
  | { readonly kind: 'exchange'; readonly partitioning: Partitioning }
  /** One file per task, written under a temporary name and committed by the coordinator when the job ends. */
  | { readonly kind: 'file'; readonly sink: FileSink };

export type Partitioning =
  /** `keys`: what its rows would have been hashed by, were there more of them. */
  | { readonly kind: 'single'; readonly keys?: readonly string[] }
  /** By `(hash(keys) >> 40) % partitions`: DuckDB's own hash tables use the low bits. `keys` are SQL over the last step. */
  | { readonly kind: 'hash'; readonly keys: readonly string[]; readonly partitions: number }
  /**
   * By a sort key: `key` is SQL over the last step that yields a BLOB, `bounds` names an input of one value, the bounds in
   * hex, in order. Rows below the first go to partition 0, and so on: those of a partition sort before those of the next.
   */
  | { readonly kind: 'range'; readonly key: string; readonly bounds: string; readonly partitions: number }
  /** Partition 1 has about one row of every `every`, by their places: a sample. Partition 0 has the others. */
  | { readonly kind: 'sample'; readonly every: number; readonly partitions: 2 }
  /** Batch by batch in turn. Not deterministic unless the input's order is. */
  | { readonly kind: 'roundRobin'; readonly partitions: number };

export interface FileSink {
  readonly format: 'parquet' | 'csv' | 'ndjson' | 'arrow';
  /** Absolute directory of the job's unfinished files; the commit renames it to its final name. */
  readonly stagingDirectory: string;
  /** Further options of DuckDB's COPY, for example `compression`. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

/** What the names of files that a sink writes begin with. */
export const partPrefix = 'part-';

/** The directory beside the destination in which a run of a job stages its files: what an earlier run left is elsewhere. */
export const stagingName = (destination: string, run: string): string => `.${destination}.${run}.unfinished`;

/** One run of a job, under one leader: stands in temporary names. */
export const runName = (job: string, epoch: number): string => `${job}.${epoch}`;

/** Whether a name is that of a staging directory of the job, of whichever run. */
export const isStaging = (name: string, destination: string, job: string): boolean =>
  name.startsWith(`.${destination}.${job}.`) && name.endsWith('.unfinished');

/** One task as it is sent to a worker: its stage's work narrowed to one partition, with its inputs' places. */
export interface TaskSpec {
  readonly job: JobId;
  readonly stage: StageId;
  readonly task: number;
  readonly attempt: number;
  readonly inputs: readonly TaskInput[];
  readonly steps: readonly Step[];
  readonly output: StageOutput;
  readonly schema: Schema;
  /** It must run alone on its worker: a sibling ran out of memory beside others, or it is wide. */
  readonly alone: boolean;
  /** All threads of the worker run its SQL. */
  readonly wide?: boolean;
  /** No worker runs anything beside it: it may take the memory of them all. */
  readonly machine?: boolean;
  /** Its rows are all of the job's result: if they are few, its report brings them along. */
  readonly result?: boolean;
}

export type TaskInput =
  | { readonly kind: 'splits'; readonly name: string; readonly schema: Schema; readonly splits: readonly Split[] }
  | {
      readonly kind: 'extract';
      readonly name: string;
      readonly schema: Schema;
      readonly source: SourceSpec;
      readonly pieces: readonly Json[];
    }
  /** Partitions in producer order, so that a second run reads the same rows in the same order. */
  | {
      readonly kind: 'exchange';
      readonly name: string;
      readonly schema: Schema;
      readonly parts: readonly ExchangePart[];
      readonly shared: boolean;
    }
  | {
      readonly kind: 'dataset';
      readonly name: string;
      readonly schema: Schema;
      readonly dataset: string;
      readonly segments: SegmentRange;
    };

/** What a finished attempt reports. */
export interface TaskOutput {
  /** Rows and bytes per partition of its exchange file (empty for a file sink). */
  readonly partitions: readonly PartitionSize[];
  /** The file that a file sink's attempt wrote, relative to the staging directory; absent if it had no rows. */
  readonly file?: string;
  /** Its only partition, if that is a small result. */
  readonly inline?: InlineRows;
  readonly metrics: TaskMetrics;
}

export interface PartitionSize {
  readonly rows: number;
  readonly bytes: number;
}

export interface TaskMetrics {
  /**
   * Rows that it was given: of the partitions and splits that it reads, and of connectors and Arrow files those that it read. Of
   * text files (CSV, NDJSON) nobody knows them: they count 0.
   */
  readonly rowsIn: number;
  readonly rowsOut: number;
  /**
   * Bytes of the partitions and of the ranges of text files that it was given, of connectors and Arrow files those of the batches
   * that it read, of Parquet files its rows' share of all columns: the columns that it reads may be a part of that.
   */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Time until its inputs lay on its machine, and after that. */
  readonly fetchMs: number;
  readonly runMs: number;
  /** What DuckDB was seen to write to disk for want of memory: see `worker/runtime/usage.ts` for how tasks share it. */
  readonly spilledBytes: number;
  /** The most memory that its worker's process held while it ran, with all that ran beside it. */
  readonly peakRssBytes: number;
}
