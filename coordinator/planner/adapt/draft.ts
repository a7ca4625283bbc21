import { SheafError } from '../../../shared/errors.ts';
import type { StageId } from '../../../shared/ids.ts';
import type { Adaptation } from '../../../shared/plan/job.ts';
import type { StageOutput } from '../../../shared/stage/output.ts';
import type { StageInput, StageSpec } from '../../../shared/stage/stage.ts';
import type { StageChoices } from '../stages/choices.ts';
import { meetingTasks } from '../stages/pack.ts';
import type { Progress, StageSizes } from './progress.ts';

export type ExchangeInput = Extract<StageInput, { kind: 'exchange' }>;

/** A plan while the rules work on it. */
export class Draft {
  readonly progress: Progress;
  readonly pending: Map<StageId, StageSpec>;
  readonly begun: Map<StageId, StageSpec>;
  readonly choices: Map<StageId, StageChoices>;
  readonly adaptations: Adaptation[] = [];

  constructor(progress: Progress) {
    this.progress = progress;
    this.pending = new Map(progress.pending);
    this.begun = new Map(progress.begun);
    this.choices = new Map(progress.choices);
  }

  sizes(stage: StageId): StageSizes | undefined {
    return this.progress.sizes.get(stage);
  }

  choicesOf(stage: StageId): StageChoices {
    return this.choices.get(stage) ?? noChoices;
  }

  /** As it stands. */
  stage(id: StageId): StageSpec {
    const spec = this.begun.get(id) ?? this.pending.get(id);
    if (spec !== undefined) return spec;
    throw new SheafError('INTERNAL', `There is no stage ${id} in the plan any more`);
  }

  note(stage: StageId, kind: Adaptation['kind'], text: string): void {
    this.adaptations.push({ stage, kind, text });
  }

  /** Whether a second run of it yields the same rows, wherever they come from. */
  isSteady(id: StageId): boolean {
    const spec = this.stage(id);
    return spec.deterministic && producersOf(spec).every((producer) => this.isSteady(producer));
  }

  /** The stages that read it, once for each input. */
  readersOf(id: StageId): StageSpec[] {
    const all = [...this.pending.values(), ...this.begun.values()];
    return all.flatMap((spec) => producersOf(spec).flatMap((from) => (from === id ? [spec] : [])));
  }

  /** Stages that the final one reads, directly or not. */
  needed(): ReadonlySet<StageId> {
    const found = new Set<StageId>();
    const visit = (id: StageId): void => {
      if (found.has(id)) return;
      found.add(id);
      producersOf(this.stage(id)).forEach(visit);
    };
    visit(this.progress.plan.finalStage);
    return found;
  }

  /** How many tasks so many bytes that meet are worth. */
  tasksFor(bytes: number): number {
    return meetingTasks(bytes, this.progress.slots, this.progress.limits);
  }
}

const noChoices: StageChoices = { bytes: 0, joins: [] };

/** The stages that it reads, as often as it does. */
export const producersOf = ({ inputs }: StageSpec): StageId[] =>
  inputs.flatMap((input) => (input.kind === 'exchange' ? [input.from] : []));

/** Inputs of which each task reads a part of its own. */
export const cutInputs = ({ inputs }: StageSpec): ExchangeInput[] =>
  inputs.filter((input): input is ExchangeInput => input.kind === 'exchange' && input.mode === 'partition');

export const partitionsOf = (output: StageOutput): number => {
  if (output.kind === 'file') return 0;
  return output.partitioning.kind === 'single' ? 1 : output.partitioning.partitions;
};

/** An input without rows. */
export const nothing = ({ name, schema }: StageInput, tasks: number): StageInput => ({
  kind: 'splits',
  name,
  schema,
  perTask: Array.from({ length: tasks }, () => []),
});

export const isNothing = (input: StageInput): boolean =>
  input.kind === 'splits' && input.perTask.every((splits) => splits.length === 0);

/** Inputs that every task reads alike, for another number of tasks; nothing if there is one that differs from task to task. */
export function alike(inputs: readonly StageInput[], tasks: number): StageInput[] | undefined {
  const all = inputs.map((input) => {
    if (input.kind === 'exchange') return input;
    const [first] = input.perTask;
    const same = JSON.stringify(first);
    if (first === undefined || !input.perTask.every((each) => JSON.stringify(each) === same)) return undefined;
    return { ...input, perTask: Array.from({ length: tasks }, () => first) } as StageInput;
  });
  return all.every((input) => input !== undefined) ? all : undefined;
}

export const sizeText = (bytes: number): string => {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return `${Math.round((bytes / 1024 ** power) * 10) / 10} ${units[power]}`;
};
