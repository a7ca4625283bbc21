import type { ErrorData } from '../../shared/errors.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import type { PartitionSize } from '../../shared/stage.ts';
import type { StagedPlan } from '../planner/plan-job.ts';
import type { Extracts } from '../planner/source.ts';

/** What the planning thread is asked. */
export interface PlanningRequest {
  /** Stands in temporary names. */
  readonly run: string;
  readonly plan: PlanNode;
  /** Slots of the cluster now: how many tasks are worth having. */
  readonly slots: number;
  /** The plan's client-held datasets: rows and bytes of each of their spooled segments. */
  readonly datasets: Readonly<Record<string, readonly PartitionSize[]>>;
  /** What the plan's extracts were listed to be. */
  readonly extracts: Extracts;
  /** Wall-clock time that `now()` and its like become. */
  readonly nowMs: number;
  /** Also explain it. */
  readonly explain: boolean;
}

export type PlanningReply =
  | {
      readonly kind: 'planned';
      readonly staged: StagedPlan;
      /** For people, if asked for. */
      readonly text?: string;
    }
  | { readonly kind: 'refused'; readonly error: ErrorData };
