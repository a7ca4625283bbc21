import type { StageChoices } from '../../coordinator/planner/stages/choices.ts';
import { type StageId, stageId } from '../../shared/ids.ts';
import type { ExchangeSlice } from '../../shared/stage/exchange-part.ts';
import type { StageOutput } from '../../shared/stage/output.ts';
import type { Split } from '../../shared/stage/split.ts';
import type { StageInput, StageSpec } from '../../shared/stage/stage.ts';
import { partitionsOf } from './content.ts';
import type { Random } from './random.ts';

/** A random job: its stages in the waves in which the planner hands them over. The last stage is the final one. */
export interface Plan {
  readonly waves: readonly (readonly StageSpec[])[];
  readonly finalStage: StageId;
  /** What may be decided while it runs: then its stages begin when the planner says so, as it adapted them. */
  readonly choices?: readonly StageChoices[];
}

/** All stages of a plan, those that are added later too. */
export const stagesOf = ({ waves }: Plan): StageSpec[] => waves.flat();

/** A plan of random stages; the same numbers give the same plan. */
export function randomPlan(random: Random): Plan {
  const impureChance = random.pick([0, 0.3, 0.6]);
  const specs: StageSpec[] = [];
  const count = random.between(1, 6);
  for (let id = 0; id < count; id++) {
    specs.push(randomStage(random, id, specs, { final: id === count - 1, impure: random.chance(impureChance) }));
  }
  return { waves: inWaves(random, specs), finalStage: stageId(count - 1) };
}

/** A tree of joins by hash, as a planner makes them: what becomes of it is decided by sizes. */
export function randomJoins(random: Random): Plan {
  const specs: StageSpec[] = [];
  const choices: StageChoices[] = [];
  const add = (inputs: readonly StageInput[], tasks: number, output: StageOutput, joins: StageChoices['joins']) => {
    const id = specs.length;
    const deterministic = random.chance(0.8);
    const stage = virtualStage({ id, tasks, inputs, output, deterministic });
    specs.push({ ...stage, steps: [{ kind: 'sql', sql: 'SELECT 1' }] });
    choices.push({ bytes: random.between(0, 5000), joins });
    return stage.id;
  };
  const tree = (height: number, output: StageOutput): StageId => {
    if (height === 0) {
      const tasks = random.between(1, 6);
      return add([{ ...splits(tasks), name: `source${specs.length}` }], tasks, output, []);
    }
    const partitions = random.between(2, 6);
    const hashed: StageOutput = { kind: 'exchange', partitioning: { kind: 'hash', keys: ['k'], partitions } };
    const sides = [tree(random.between(0, height - 1), hashed), tree(height - 1, hashed)];
    const inputs = sides.map((from) => exchange(`in${from}`, from, 'partition'));
    const type = random.pick(['inner', 'left', 'right', 'full', 'semi', 'anti'] as const);
    const [left = [], right = []] = inputs.map(({ name }) => [name]);
    return add(inputs, partitions, output, [{ kind: 'hash', plain: ['left', 'right'], type, left, right }]);
  };
  const finalStage = tree(random.between(1, 3), { kind: 'exchange', partitioning: { kind: 'single' } });
  return { waves: [specs], finalStage, choices };
}

function inWaves(random: Random, specs: readonly StageSpec[]): StageSpec[][] {
  const waves: StageSpec[][] = [[]];
  for (const spec of specs) {
    if (waves.at(-1)?.length !== 0 && random.chance(0.2)) waves.push([]);
    waves.at(-1)?.push(spec);
  }
  return waves;
}

interface Kind {
  readonly final: boolean;
  readonly impure: boolean;
}

function randomStage(random: Random, id: number, before: readonly StageSpec[], { final, impure }: Kind): StageSpec {
  const readable = before.filter(({ output }) => output.kind === 'exchange');
  const reads = readable.length === 0 ? 0 : random.between(id === 0 ? 0 : 1, 2);
  const first = reads > 0 ? random.pick(readable.slice(-2)) : undefined;
  const spread = first !== undefined && random.chance(0.7);
  const slices = spread && random.chance(0.4) ? randomSlices(random, first) : undefined;
  const tasks = spread ? (slices?.length ?? partitionsOf(first)) : random.between(1, 12);
  const inputs: StageInput[] = [];
  if (first !== undefined) inputs.push(exchange('first', first.id, spread ? 'partition' : 'broadcast', slices));
  if (reads > 1) {
    const second = random.pick(readable);
    inputs.push(exchange('second', second.id, partitionsOf(second) === tasks ? 'partition' : 'broadcast'));
  }
  if (inputs.length === 0) inputs.push(splits(tasks));
  const wide = tasks === 1 && reads === 0 && random.chance(0.5) ? { wide: true, large: random.chance(0.5) } : {};
  return virtualStage({ id, tasks, inputs, output: randomOutput(random, final), deterministic: !impure, ...wide });
}

/** A stage without real work, for tests. */
export const virtualStage = (spec: {
  readonly id: number;
  readonly name?: string;
  readonly tasks: number;
  readonly inputs: readonly StageInput[];
  readonly output: StageOutput;
  readonly deterministic?: boolean;
  readonly wide?: boolean;
  readonly large?: boolean;
}): StageSpec => ({
  name: `stage ${spec.id}`,
  steps: [],
  schema: [],
  deterministic: true,
  ...spec,
  id: stageId(spec.id),
});

/** As stages read what was adapted: neighbouring partitions merged, one partition read by several tasks. */
function randomSlices(random: Random, producer: StageSpec): ExchangeSlice[] {
  const slices: ExchangeSlice[] = [];
  for (let from = 0; from < partitionsOf(producer); ) {
    const to = random.between(from + 1, Math.min(partitionsOf(producer), from + 3));
    const cut = random.between(0, producer.tasks);
    if (random.chance(0.5)) slices.push({ from, to });
    else slices.push({ from, to, tasks: { from: 0, to: cut } }, { from, to, tasks: { from: cut, to: producer.tasks } });
    from = to;
  }
  return slices;
}

export const exchange = (
  name: string,
  from: StageId,
  mode: 'partition' | 'broadcast',
  perTask?: readonly ExchangeSlice[],
): StageInput => ({
  kind: 'exchange',
  name,
  schema: [],
  from,
  mode,
  ...(perTask === undefined ? {} : { perTask }),
});

export const splits = (tasks: number): StageInput => ({
  kind: 'splits',
  name: 'source',
  schema: [],
  perTask: Array.from({ length: tasks }, (_, task) => [split(task)]),
});

const split = (task: number): Split => ({
  kind: 'parquet',
  file: { path: `/data/${task}.parquet`, sizeBytes: 100, modifiedMs: 0 },
  firstRow: 0,
  rows: 10,
});

function randomOutput(random: Random, final: boolean): StageOutput {
  if (final && random.chance(0.25)) {
    return { kind: 'file', sink: { format: 'parquet', stagingDirectory: '/staging', options: {} } };
  }
  if (random.chance(0.3)) return { kind: 'exchange', partitioning: { kind: 'single' } };
  return { kind: 'exchange', partitioning: { kind: 'hash', keys: ['k'], partitions: random.between(1, 10) } };
}
