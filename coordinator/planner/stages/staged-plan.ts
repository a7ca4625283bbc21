import type { StageId } from '../../../shared/ids.ts';
import type { FileFormat } from '../../../shared/plan/nodes/scan.ts';
import type { WriteNode } from '../../../shared/plan/nodes/write.ts';
import type { Schema } from '../../../shared/schema.ts';
import type { StageSpec } from '../../../shared/stage/stage.ts';
import type { StageChoices } from './choices.ts';

/** The planner's answer: stages in an order in which each reads only earlier ones. */
export interface StagedPlan {
  readonly stages: readonly StageSpec[];
  /** The stage whose output is the job's result: its parts in task order, or its files. Always the last. */
  readonly finalStage: StageId;
  /** Columns of the result. */
  readonly schema: Schema;
  /** Of a job that writes: what its commit does when all files are staged. */
  readonly sink?: StagedSink;
  /** Of each stage in turn: what may be decided anew while the job runs. */
  readonly choices: readonly StageChoices[];
  /** For `explain`: why a stage is as it is, for example why rows are gathered in one task. */
  readonly notes: readonly PlanNote[];
}

/** Files that the last stage writes. */
export interface StagedSink {
  readonly format: FileFormat;
  readonly path: string;
  readonly mode: WriteNode['mode'];
  /** Where the files stand until the commit. */
  readonly stagingDirectory: string;
}

/** Something that `explain` says of a plan. */
export interface PlanNote {
  readonly stage: StageId;
  readonly text: string;
}
