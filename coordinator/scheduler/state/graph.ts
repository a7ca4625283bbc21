import { SheafError } from '../../../shared/errors.ts';
import type { StageId } from '../../../shared/ids.ts';
import type { StageInput, StageSpec } from '../../../shared/stage/stage.ts';
import type { Job } from './job.ts';
import { ReadyQueue } from './queue.ts';
import { isWithin } from './slices.ts';
import { createTotals, partitionCount, type Stage } from './stage.ts';
import { createTask, type Task } from './task.ts';

/**
 * Adds stages to the job's graph, as `spent`: who needs them will say so.
 *
 * @throws SheafError `PLAN_INVALID` before anything changes, naming the stage and what is wrong with it
 */
export function addStages(job: Job, specs: readonly StageSpec[], finalStage: StageId | undefined): void {
  if (job.finalStage !== undefined) throw invalid(`${job.id} has its final stage already`);
  const known = new Map([...job.stages].map(([id, stage]) => [id, stage.spec]));
  const ordered = inOrder(specs, known);
  if (finalStage !== undefined && !known.has(finalStage)) throw invalid(`there is no final stage ${finalStage}`);
  for (const spec of ordered) addStage(job, spec);
  if (finalStage !== undefined) job.finalStage = job.stages.get(finalStage);
}

function addStage(job: Job, spec: StageSpec): void {
  const producers = producersOf(spec).flatMap((id) => job.stages.get(id) ?? []);
  const tasks: Task[] = [];
  const stage: Stage = {
    job,
    spec,
    depth: producers.reduce((deepest, producer) => Math.max(deepest, producer.depth), 0) + 1,
    tasks,
    producers,
    consumers: [],
    state: { kind: 'spent' },
    counts: { pending: 0, delayed: 0, running: 0, finished: 0, lost: spec.tasks },
    queue: new ReadyQueue(),
    lost: [],
    outputsRead: false,
    unread: false,
    generation: 0,
    version: 0,
    everFinished: false,
    totals: createTotals(),
  };
  for (let index = 0; index < spec.tasks; index++) tasks.push(createTask(stage, index));
  stage.lost = [...tasks];
  for (const producer of producers) producer.consumers.push(stage);
  job.stages.set(spec.id, stage);
}

/** Producers before consumers. Checks every stage and adds it to `known`. */
function inOrder(specs: readonly StageSpec[], known: Map<StageId, StageSpec>): StageSpec[] {
  const ordered: StageSpec[] = [];
  let left = [...specs];
  while (left.length > 0) {
    const next = left.filter((spec) => producersOf(spec).every((id) => known.has(id)));
    if (next.length === 0) throw invalid(`${nameOf(left)} read stages that do not exist, or each other in a circle`);
    for (const spec of next) {
      checkStage(spec, known);
      known.set(spec.id, spec);
    }
    ordered.push(...next);
    left = left.filter((spec) => !next.includes(spec));
  }
  return ordered;
}

function checkStage(spec: StageSpec, known: ReadonlyMap<StageId, StageSpec>): void {
  if (known.has(spec.id)) throw invalid(`there are two stages ${spec.id}`);
  if (!Number.isSafeInteger(spec.tasks) || spec.tasks < 1) throw invalid(`${nameOf([spec])} has ${spec.tasks} tasks`);
  for (const input of spec.inputs) checkInput(spec, input, known);
}

function checkInput(spec: StageSpec, input: StageInput, known: ReadonlyMap<StageId, StageSpec>): void {
  const has = input.kind === 'exchange' ? partitionsRead(input, spec, known) : input.perTask.length;
  if (has === spec.tasks) return;
  throw invalid(`${nameOf([spec])} has ${spec.tasks} tasks, but its input ${input.name} has ${has} partitions`);
}

function partitionsRead(
  input: StageInput & { kind: 'exchange' },
  spec: StageSpec,
  known: ReadonlyMap<StageId, StageSpec>,
): number {
  const producer = known.get(input.from);
  if (producer?.output.kind !== 'exchange') throw invalid(`${nameOf([spec])} reads stage ${input.from}: no exchange`);
  if (input.mode === 'broadcast') return spec.tasks;
  if (input.perTask === undefined) return partitionCount(producer.output);
  const beyond = input.perTask.find((slice) => !isWithin(slice, producer));
  if (beyond === undefined) return input.perTask.length;
  throw invalid(`${nameOf([spec])} reads ${JSON.stringify(beyond)} of stage ${input.from}, which has not so much`);
}

/** The stages that it reads, each once. */
const producersOf = ({ inputs }: StageSpec): StageId[] => [
  ...new Set(inputs.flatMap((input) => (input.kind === 'exchange' ? [input.from] : []))),
];

const nameOf = (specs: readonly StageSpec[]): string => specs.map(({ id, name }) => `stage ${id} (${name})`).join(', ');

const invalid = (what: string): SheafError =>
  new SheafError('PLAN_INVALID', `The staged plan does not hold together: ${what}.`, {
    next: 'This is a bug in the planner: please report it with the output of `explain`.',
  });
