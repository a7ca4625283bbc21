import type { InlineRows } from '../exchange/inline-rows.ts';
import type { StageId, WorkerId } from '../ids.ts';

/** Partitions `[from, to)`, one after the other, of the tasks `[tasks.from, tasks.to)` of a stage, in task order. */
export interface ExchangeSlice {
  readonly from: number;
  readonly to: number;
  /** Absent: of all tasks. */
  readonly tasks?: { readonly from: number; readonly to: number };
  /**
   * Of one partition that one task wrote: its rows `[rows.from, rows.to)` as it wrote them. Only where a second run of that task
   * writes them in the same order.
   */
  readonly rows?: { readonly from: number; readonly to: number };
}

/** One partition of one producer's exchange file, or some of its rows. */
export interface ExchangePart {
  readonly stage: StageId;
  readonly task: number;
  readonly attempt: number;
  readonly partition: number;
  readonly worker: WorkerId;
  /** `host:port` of that worker's Flight service. */
  readonly address: string;
  readonly rows: number;
  readonly bytes: number;
  /** Rows `[firstRow, firstRow + rows)` of the partition; absent: it has `rows` rows, all of which are meant. */
  readonly firstRow?: number;
  /** All of it, of a small result. */
  readonly inline?: InlineRows;
}
