import type { Config } from '../../../shared/config/config.ts';
import type { StageId } from '../../../shared/ids.ts';
import type { Adaptation } from '../../../shared/plan/job.ts';
import type { StageSpec } from '../../../shared/stage/stage.ts';
import type { PartitionSize } from '../../../shared/stage/task.ts';
import type { StageChoices } from '../stages/choices.ts';
import type { StagedPlan } from '../stages/staged-plan.ts';

/** The numbers that adapting goes by. */
export type AdaptLimits = Pick<
  Config,
  | 'taskBytesTarget'
  | 'taskBytesMin'
  | 'plannedPartitionsMax'
  | 'broadcastBytesMax'
  | 'filterBytesMax'
  | 'filterGainPercent'
  | 'skewPercent'
  | 'skewBytesMin'
  | 'awaitOtherSidePercent'
>;

/** What a finished stage wrote: by task and partition, and in all. */
export interface StageSizes {
  readonly rows: number;
  readonly bytes: number;
  readonly tasks: readonly (readonly PartitionSize[])[];
}

/** How far a plan has come. A stage is pending until all that it reads has finished: then its tasks are decided. */
export interface Progress {
  readonly plan: Pick<StagedPlan, 'finalStage'>;
  readonly slots: number;
  readonly limits: AdaptLimits;
  /** Stages that have not begun, as they stand now. */
  readonly pending: ReadonlyMap<StageId, StageSpec>;
  /** Stages as they were handed to the scheduler. */
  readonly begun: ReadonlyMap<StageId, StageSpec>;
  readonly choices: ReadonlyMap<StageId, StageChoices>;
  /** Of finished stages. */
  readonly sizes: ReadonlyMap<StageId, StageSizes>;
}

/** Stages that can begin. */
export interface Wave {
  readonly progress: Progress;
  /** Producers first. */
  readonly stages: readonly StageSpec[];
  /** Present when it is among them: no more follow. */
  readonly finalStage?: StageId;
  /** Stages that run and that nobody will read any more. */
  readonly unneeded: readonly StageId[];
  /** What of them is not as it was planned. */
  readonly adaptations: readonly Adaptation[];
}

export const begin = (
  plan: Pick<StagedPlan, 'stages' | 'finalStage' | 'choices'>,
  slots: number,
  limits: AdaptLimits,
): Progress => ({
  plan,
  slots,
  limits,
  pending: new Map(plan.stages.map((spec) => [spec.id, spec])),
  begun: new Map(),
  choices: new Map(plan.stages.flatMap(({ id }, i) => (plan.choices[i] === undefined ? [] : [[id, plan.choices[i]]]))),
  sizes: new Map(),
});

/** A stage has finished for the first time. */
export const finished = (progress: Progress, stage: StageId, sizes: StageSizes): Progress => ({
  ...progress,
  sizes: new Map([...progress.sizes, [stage, sizes]]),
});
