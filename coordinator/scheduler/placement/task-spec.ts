import type { ExchangePart, ExchangeSlice } from '../../../shared/stage/exchange-part.ts';
import type { StageInput, StageSpec } from '../../../shared/stage/stage.ts';
import type { Step } from '../../../shared/stage/step.ts';
import type { TaskInput, TaskSpec } from '../../../shared/stage/task.ts';
import type { Attempt } from '../state/attempt.ts';
import { sliceOf, tasksOf } from '../state/slices.ts';
import { partitionCount, type Stage } from '../state/stage.ts';
import type { Task } from '../state/task.ts';

/** The attempt as it is sent to its worker. All its producers must have finished. */
export function taskSpec({ key, task, alone, machine }: Attempt): TaskSpec {
  const { spec } = task.stage;
  const inputs = spec.inputs.map((input) => taskInput(input, task));
  const { output, schema } = spec;
  const steps = spec.steps.map((step) => stepOf(step, spec));
  const wide = task.wide ? { wide: true, ...(machine ? { machine } : {}) } : {};
  const result = isResult(task.stage) ? { result: true } : {};
  return { ...key, inputs, steps, output, schema, alone, ...wide, ...result };
}

/** One part is all of the result. */
const isResult = (stage: Stage): boolean =>
  stage === stage.job.finalStage && stage.tasks.length === 1 && partitionCount(stage.spec.output) === 1;

/** How many tasks a stage has is certain only when it begins. */
const stepOf = (step: Step, { tasks }: StageSpec): Step =>
  step.kind === 'load' ? { ...step, alone: tasks === 1 } : step;

function taskInput(input: StageInput, { stage, index }: Task): TaskInput {
  const { name, schema } = input;
  switch (input.kind) {
    case 'splits':
      return { kind: 'splits', name, schema, splits: input.perTask[index] ?? [] };
    case 'extract':
      return { kind: 'extract', name, schema, source: input.source, pieces: input.perTask[index] ?? [] };
    case 'dataset':
      return { kind: 'dataset', name, schema, dataset: input.dataset, segments: input.perTask[index] ?? noSegments };
    case 'exchange': {
      const producer = stage.job.stages.get(input.from);
      const shared = input.mode === 'broadcast';
      const parts =
        producer === undefined ? [] : shared ? allParts(producer) : partsOf(producer, sliceOf(input, index));
      return { kind: 'exchange', name, schema, parts, shared };
    }
  }
}

const noSegments = { from: 0, to: 0 };

/** The partitions of a slice, each in the order of the producing tasks; those without rows are left out. */
function partsOf(producer: Stage, slice: ExchangeSlice): ExchangePart[] {
  const parts: ExchangePart[] = [];
  const tasks = tasksOf(producer, slice);
  for (let partition = slice.from; partition < slice.to; partition++)
    for (const task of tasks) pushPart(parts, task, partition, slice.rows);
  return parts;
}

const cache = new WeakMap<Stage, { readonly version: number; readonly parts: readonly ExchangePart[] }>();

/** All partitions of every task, in task and partition order; those without rows are left out. */
export function allParts(producer: Stage): readonly ExchangePart[] {
  const cached = cache.get(producer);
  if (cached?.version === producer.version) return cached.parts;
  const parts: ExchangePart[] = [];
  const partitions = partitionCount(producer.spec.output);
  for (const task of producer.tasks)
    for (let partition = 0; partition < partitions; partition++) pushPart(parts, task, partition);
  cache.set(producer, { version: producer.version, parts });
  return parts;
}

function pushPart(
  parts: ExchangePart[],
  { stage, index, state }: Task,
  partition: number,
  range?: ExchangeSlice['rows'],
): void {
  if (state.kind !== 'finished') return;
  const size = state.output.partitions[partition];
  if (size === undefined || size.rows === 0) return;
  const { attempt, worker, output } = state;
  const { id, address } = worker;
  const part = { stage: stage.spec.id, task: index, attempt, partition, worker: id, address, ...size };
  const { inline } = output;
  if (range === undefined) return void parts.push(inline === undefined ? part : { ...part, inline });
  const rows = range.to - range.from;
  parts.push({ ...part, rows, bytes: Math.round((size.bytes * rows) / size.rows), firstRow: range.from });
}
