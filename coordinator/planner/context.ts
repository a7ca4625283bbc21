import type { Config } from '../../shared/config/config.ts';
import type { PartitionSize } from '../../shared/stage/task.ts';
import type { Dialect } from './dialect.ts';
import type { Extracts, Sources } from './source.ts';

/** Everything that a plan depends on besides the question itself: equal contexts give equal plans. */
export interface PlanContext {
  readonly sources: Sources;
  /** Absent where the plan has none. */
  readonly extracts?: Extracts;
  /** Datasets that clients uploaded, by id: what each of their spooled segments holds. */
  readonly datasets: Readonly<Record<string, readonly PartitionSize[]>>;
  readonly dialect: Dialect;
  /** Slots of the whole cluster when the job is planned. */
  readonly slots: number;
  readonly config: PlannerLimits;
  /** Planning time: what `now()` and its like mean throughout the job. */
  readonly nowMs: number;
  /** Stands in temporary names: see `runName`. */
  readonly run: string;
  /** SQL text stays whole, in one task. */
  readonly whole?: boolean;
}

/** The limits by which the planner decides. */
export type PlannerLimits = Pick<
  Config,
  | 'taskBytesTarget'
  | 'taskBytesMin'
  | 'tasksPerSlot'
  | 'plannedPartitionsMax'
  | 'broadcastBytesMax'
  | 'rereadBytesMax'
  | 'sortBytesMin'
  | 'sortSampleRows'
  | 'sortKeyBytesMax'
  | 'subqueryLevelsMax'
  | 'wideBytesMax'
  | 'largeWideBytesMin'
>;
