/**
 * What virtual tasks compute: the content of a partition is a hash of what it was made from, so that a final answer can
 * be compared with the one of a run without faults. Tasks that are not deterministic salt their output with the number
 * of their attempt; a content carries the salts of all that it was made from, so that a mix of two runs is seen.
 */
import type { StageId } from '../../shared/ids.ts';
import type { StageInput, StageSpec } from '../../shared/stage/stage.ts';
import { hash } from './random.ts';

/** What a partition holds: a hash of all that it was made from. */
export interface Content {
  readonly value: string;
  /** `stage/task` of each task that is not deterministic → the attempt that was read. */
  readonly salts: Salts;
}

export type Salts = ReadonlyMap<string, number>;

/** @throws Error if the two were made from different runs of a task */
export function mergeSalts(all: Iterable<Salts>): Salts {
  const merged = new Map<string, number>();
  for (const salts of all) {
    for (const [task, attempt] of salts) {
      const other = merged.get(task) ?? attempt;
      if (other !== attempt) throw new Error(`a mix of attempts ${other} and ${attempt} of task ${task}`);
      merged.set(task, attempt);
    }
  }
  return merged;
}

/** The content of a task's output before it is cut into partitions. */
export function taskContent(spec: StageSpec, task: number, attempt: number, inputs: readonly Content[][]): Content {
  const salts = new Map(mergeSalts(inputs.flat().map((content) => content.salts)));
  if (!spec.deterministic) salts.set(`${spec.id}/${task}`, attempt);
  const read = inputs.map((parts) => parts.map(({ value }) => value).join(',')).join(';');
  return { value: hash(`${spec.id}/${task}/${spec.deterministic ? '' : attempt}(${read})`), salts };
}

/** The content that a task writes to one partition. */
export const partitionContent = ({ value, salts }: Content, partition: number): Content => ({
  value: hash(`${value}#${partition}`),
  salts,
});

/** Some partitions are empty; which ones depends on nothing that a retry changes. */
export function rowsOf(stage: number, task: number, partition: number): number {
  const number = Number.parseInt(hash(`${stage}.${task}.${partition}`).slice(-4), 16);
  return number % 6 === 0 ? 0 : number % 100;
}

/** How many partitions a stage writes. */
export const partitionsOf = ({ output }: StageSpec): number => {
  if (output.kind === 'file') return 0;
  return output.partitioning.kind === 'single' ? 1 : output.partitioning.partitions;
};

/** The content of a stage's input that is no exchange. */
export const sourceContent = (name: string, task: number): Content => ({
  value: hash(`${name}[${task}]`),
  salts: new Map(),
});

/** Computes what each task of a job yields when nothing goes wrong, given the salts of its impure tasks. */
export class Reference {
  readonly #stages: ReadonlyMap<StageId, StageSpec>;
  readonly #salts: Salts;
  readonly #known = new Map<string, Content>();

  constructor(stages: readonly StageSpec[], salts: Salts) {
    this.#stages = new Map(stages.map((spec) => [spec.id, spec]));
    this.#salts = salts;
  }

  task(stage: StageId, task: number): Content {
    const name = `${stage}/${task}`;
    const spec = this.#stages.get(stage);
    if (spec === undefined) throw new Error(`no stage ${stage}`);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const inputs = spec.inputs.map((input) => this.#input(input, task));
    const content = taskContent(spec, task, this.#salts.get(name) ?? 0, inputs);
    this.#known.set(name, content);
    return content;
  }

  /** The values of the final stage's files, or of its partitions that have rows. */
  result(finalStage: StageId): string[] {
    const spec = this.#stages.get(finalStage);
    if (spec === undefined) throw new Error(`no stage ${finalStage}`);
    if (spec.output.kind !== 'file')
      return this.#parts(spec, [...Array(partitionsOf(spec)).keys()]).map(({ value }) => value);
    return [...Array(spec.tasks).keys()].map((task) => this.task(finalStage, task).value);
  }

  #input(input: StageInput, task: number): Content[] {
    if (input.kind !== 'exchange') return [sourceContent(input.name, task)];
    const producer = this.#stages.get(input.from);
    if (producer === undefined) throw new Error(`no stage ${input.from}`);
    if (input.mode === 'broadcast') return this.#parts(producer, [...Array(partitionsOf(producer)).keys()]);
    const { from, to, tasks } = input.perTask?.[task] ?? { from: task, to: task + 1 };
    const partitions = Array.from({ length: to - from }, (_, i) => from + i);
    // Partition by partition.
    return partitions.flatMap((partition) => this.#parts(producer, [partition], tasks));
  }

  #parts(producer: StageSpec, partitions: readonly number[], tasks?: { from: number; to: number }): Content[] {
    return [...Array(producer.tasks).keys()]
      .slice(tasks?.from, tasks?.to)
      .flatMap((task) =>
        partitions
          .filter((partition) => rowsOf(producer.id, task, partition) > 0)
          .map((partition) => partitionContent(this.task(producer.id, task), partition)),
      );
  }
}
