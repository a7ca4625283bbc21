import { type StageId, stageId } from '../../../shared/ids.ts';
import type { Partitioning, StageOutput } from '../../../shared/stage/output.ts';
import type { StageInput, StageSpec } from '../../../shared/stage/stage.ts';
import type { Step } from '../../../shared/stage/step.ts';
import type { Bound } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import type { JoinChoice, StageChoices } from './choices.ts';
import { closeQuery, type Fragment, type Traits } from './fragment.ts';
import { meetingTasks } from './pack.ts';
import { type Query, queryOf } from './query.ts';
import type { Scanned } from './scanned.ts';
import type { PlanNote } from './staged-plan.ts';

/** The stages of one plan as they come into being, and what the rules share. */
export class Build {
  readonly context: PlanContext;
  /** Plans an operator's input. */
  readonly plan: (bound: Bound) => Fragment;
  readonly stages: StageSpec[] = [];
  readonly notes: PlanNote[] = [];
  /** By stage. */
  readonly choices: StageChoices[] = [];
  /** By the name of the input that reads it. */
  readonly scans = new Map<string, Scanned>();
  readonly #known = new Map<string, StageId>();
  readonly #steps: ReadonlyMap<string, Bound>;
  readonly #planned = new Map<string, PlannedStep>();
  #inputs = 0;

  /** @param steps what the plan's steps stand for */
  constructor(
    context: PlanContext,
    plan: (bound: Bound, build: Build) => Fragment,
    steps: ReadonlyMap<string, Bound> = new Map(),
  ) {
    this.context = context;
    this.plan = (bound) => plan(bound, this);
    this.#steps = steps;
  }

  /** The stage of a step, planned once, and what it yields. */
  step(name: string): PlannedStep {
    const planned = this.#planned.get(name);
    if (planned !== undefined) return planned;
    const bound = this.#steps.get(name);
    if (bound === undefined) throw new RangeError(`there is no step ${name}`);
    const fragment = this.plan(bound);
    const labels = fragment.labels.includes(name) ? fragment.labels : [...fragment.labels, name];
    const stage = this.close({ ...fragment, labels }, { kind: 'exchange', partitioning: { kind: 'single' } });
    const step = { fragment, stage };
    this.#planned.set(name, step);
    return step;
  }

  /** A name for a stage's input, unique over the plan: fragments may be merged. */
  inputName(): string {
    return `in${this.#inputs++}`;
  }

  /** Ends a fragment as a stage; one that is equal to an earlier stage is that stage: a common table read twice. */
  close(fragment: Fragment, output: StageOutput): StageId {
    const { inputs, steps, schema, tasks, labels, notes, traits } = closeQuery(fragment);
    const { joins = [], whole, size, query } = fragment;
    const key = stageKey(inputs, steps, output, tasks, joins);
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const id = stageId(this.stages.length);
    if (key !== undefined) this.#known.set(key, id);
    const name = labels.join(' → ');
    this.stages.push({ id, name, tasks, inputs, steps, output, schema, deterministic: traits.deterministic });
    const { partitionedBy } = traits;
    const { kept = 1, ...about } = size;
    this.choices.push({
      ...about,
      bytes: size.bytes * kept,
      joins,
      ...(partitionedBy === undefined ? {} : { metBy: partitionedBy.map((names) => [...names]) }),
      ...(traits.ordered ? { ordered: true } : {}),
      ...(isGrouping(query) ? { grouping: query } : {}),
      ...(whole === undefined ? {} : { whole }),
    });
    for (const text of notes) this.notes.push({ stage: id, text });
    return id;
  }

  /**
   * Ends a fragment and reads it again by partition: the start of the next stage.
   *
   * @param exact false if a second run may send equal rows to other partitions
   */
  exchange(fragment: Fragment, partitioning: Partitioning, label: string, exact = true): Fragment {
    const isExact = exact && isReproducible(partitioning, fragment);
    const traits = isExact ? fragment.traits : { ...fragment.traits, deterministic: false };
    const from = this.close({ ...fragment, traits }, { kind: 'exchange', partitioning });
    const input = this.read(fragment, from, 'partition');
    return {
      inputs: [input],
      steps: [],
      query: queryOf(input.name),
      schema: fragment.schema,
      tasks: partitioning.kind === 'single' ? 1 : partitioning.partitions,
      labels: [label],
      notes: [],
      traits: behindExchange(fragment.traits),
      size: fragment.size,
    };
  }

  /** The exchange that the fragment begins with has as many partitions as the user asked for. */
  keepPartitions({ inputs: [input] }: Fragment): void {
    if (input?.kind !== 'exchange') return;
    const choices = this.choices[input.from];
    if (choices !== undefined) this.choices[input.from] = { ...choices, asked: true };
  }

  /** An input that reads what a closed fragment's stage writes. */
  read(fragment: Fragment, from: StageId, mode: ExchangeInput['mode']): ExchangeInput {
    return { kind: 'exchange', name: this.inputName(), schema: fragment.schema, from, mode };
  }

  /** The fragment in one task: as it is, or behind an exchange to one. */
  gather(fragment: Fragment, label: string, reason: string): Fragment {
    if (fragment.tasks === 1) return fragment;
    const gathered = this.exchange(fragment, { kind: 'single' }, label);
    return { ...gathered, notes: [reason] };
  }

  /**
   * How many partitions an exchange of so many bytes gets. More than it is thought to need tasks: partitions are read
   * together when sizes are known and they hold little, but what holds more than was thought cannot be cut.
   */
  partitionsFor(bytes: number): number {
    const { slots, config } = this.context;
    const tasks = meetingTasks(bytes, slots, config);
    return tasks === 1 ? 1 : Math.max(tasks, Math.min(slots, tasks * partitionsPerTask, config.plannedPartitionsMax));
  }
}

/** An estimate may be so many times too low before slots stay idle for it. */
const partitionsPerTask = 4;

type ExchangeInput = Extract<StageInput, { kind: 'exchange' }>;

/** A step whose stage is closed. */
export interface PlannedStep {
  readonly fragment: Fragment;
  readonly stage: StageId;
}

/**
 * Equal for stages that do the same, whatever their inputs are called; nothing where that cannot be told from the text.
 */
function stageKey(
  inputs: readonly StageInput[],
  steps: readonly Step[],
  output: StageOutput,
  tasks: number,
  joins: readonly JoinChoice[],
): string | undefined {
  const text = JSON.stringify(steps);
  if (output.kind === 'file' || /'[^']*\bin\d+\b[^']*'/.test(text)) return undefined;
  const names = new Map(inputs.map(({ name }, i) => [name, `input ${i}`]));
  const neutral = text.replace(/\bin\d+\b/g, (name) => names.get(name) ?? name);
  const kinds = joins.map(({ kind }) => kind);
  return JSON.stringify([inputs.map((input) => ({ ...input, name: '' })), neutral, output, tasks, kinds]);
}

const isGrouping = ({ tail = '', distinct = false }: Query): boolean => !distinct && /^GROUP BY [\d, ]+$/.test(tail);

/**
 * A sum of doubles over rows in another order differs in its last bits: as a key it may then send its row to another
 * partition.
 */
function isReproducible(partitioning: Partitioning, { schema, traits }: Fragment): boolean {
  if ((partitioning.kind !== 'hash' && partitioning.kind !== 'range') || traits.ordered) return true;
  const keys = (partitioning.kind === 'hash' ? partitioning.keys.join(' ') : partitioning.key).toLowerCase();
  return !schema.some(({ name, type }) => /\b(DOUBLE|FLOAT)\b/.test(type) && keys.includes(name.toLowerCase()));
}

/** Readers take partitions in producer order, so that a reproducible order stays one. */
const behindExchange = ({ ordered, unique }: Traits): Traits => ({
  deterministic: true,
  ordered,
  rowwise: false,
  ...(unique === undefined ? {} : { unique }),
});
