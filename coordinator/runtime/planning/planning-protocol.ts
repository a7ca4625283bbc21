import type { ErrorData } from '../../../shared/errors.ts';
import type { PlanNode } from '../../../shared/plan/node.ts';
import type { PartitionSize } from '../../../shared/stage/task.ts';
import type { StagedPlan } from '../../planner/plan-job.ts';
import type { Extracts } from '../../planner/source.ts';
import type { PivotLookup } from '../../planner/sql/pivots/lookups.ts';

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
  /** As many tasks, however little it reads: as one it ran out of memory. */
  readonly distributed: boolean;
}

/** What scans read now, by `scanKey`: how many files, and what the first ones are called. */
export type ScannedFiles = Readonly<Record<string, { readonly count: number; readonly first: readonly string[] }>>;

/** How many inputs are named to people. */
export const firstInputsMax = 10;

/** What the planning thread answers. */
export type PlanningReply =
  | {
      readonly kind: 'planned';
      readonly staged: StagedPlan;
      readonly files: ScannedFiles;
      /** For people, if asked for. */
      readonly text?: string;
      /** Equal while the files that the plan reads are the same. */
      readonly snapshot: string;
    }
  /** Values of PIVOTs have to be found out before. */
  | { readonly kind: 'unknown'; readonly lookups: readonly PivotLookup[]; readonly snapshot: string }
  | { readonly kind: 'refused'; readonly error: ErrorData };
