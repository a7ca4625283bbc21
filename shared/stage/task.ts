import type { InlineRows } from '../exchange/inline-rows.ts';
import type { JobId, StageId } from '../ids.ts';
import type { Json } from '../json.ts';
import type { Schema } from '../schema.ts';
import type { ExchangePart } from './exchange-part.ts';
import type { StageOutput } from './output.ts';
import type { SegmentRange, SourceSpec, Split } from './split.ts';
import type { Step } from './step.ts';

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
