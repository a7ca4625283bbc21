import type { StageId } from '../ids.ts';
import type { Json } from '../json.ts';
import type { Schema } from '../schema.ts';
import type { ExchangeSlice } from './exchange-part.ts';
import type { StageOutput } from './output.ts';
import type { SegmentRange, SourceSpec, Split } from './split.ts';
import type { Step } from './step.ts';

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
