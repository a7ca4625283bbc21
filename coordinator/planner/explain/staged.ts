import { plural } from '../../../shared/quantities.ts';
import type { Partitioning, StageOutput } from '../../../shared/stage/output.ts';
import type { StageInput, StageSpec } from '../../../shared/stage/stage.ts';
import type { Step } from '../../../shared/stage/step.ts';
import type { StagedPlan } from '../stages/staged-plan.ts';
import { choicesText } from './choices.ts';

/** A staged plan for people, and the same for programs. */
export interface ExplainedPlan {
  readonly text: string;
  readonly json: StagedPlan;
}

/** What each stage reads, does and hands on, and why rows are gathered where they are. */
export function explainPlan(staged: StagedPlan): ExplainedPlan {
  const stages = staged.stages.map((stage) => stageText(stage, staged));
  const columns = staged.schema.map(({ name, type }) => `${name} ${type}`).join(', ');
  const goal = staged.sink === undefined ? 'result' : `files in ${staged.sink.path} (${staged.sink.mode})`;
  return { text: `${stages.join('\n')}\n${goal}: ${columns}\n`, json: staged };
}

function stageText(stage: StageSpec, staged: StagedPlan): string {
  const { notes } = staged;
  const { id, name, tasks, inputs, steps, output, deterministic, wide } = stage;
  const flag = wide
    ? ' on all threads of one worker'
    : deterministic
      ? ''
      : ', not deterministic: its readers run again when one of its tasks does';
  const lines = [
    ...notes.filter((note) => note.stage === id).map(({ text }) => `note   ${text}`),
    ...inputs.map((input) => `reads  ${inputText(input)}`),
    ...steps.map((step) => `runs   ${stepText(step)}`),
    `${outputText(output)}`,
    ...choicesText(stage, staged),
  ];
  return [`stage ${id}: ${name} (${plural(tasks, 'task')}${flag})`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function inputText(input: StageInput): string {
  const columns = `(${input.schema.map(({ name }) => name).join(', ')})`;
  if (input.kind === 'exchange') {
    return `${input.name} ${columns} from stage ${input.from}, ${howRead(input)}`;
  }
  if (input.kind === 'dataset') return `${input.name} ${columns} from the uploaded dataset ${input.dataset}`;
  if (input.kind === 'extract')
    return `${input.name} ${columns} from ${input.source.connector}, ${plural(input.perTask.flat().length, 'piece')}`;
  const splits = input.perTask.flat();
  const files = new Set(splits.map(({ file }) => file.path));
  const [first = 'no file', ...more] = files;
  const rest = more.length === 0 ? '' : ` and ${plural(more.length, 'more file')}`;
  return `${input.name} ${columns} from ${first}${rest}, ${plural(splits.length, 'split')}`;
}

function howRead({ mode, perTask }: Extract<StageInput, { kind: 'exchange' }>): string {
  if (mode === 'broadcast') return 'all of it in every task';
  if (perTask === undefined) return 'by partition';
  const isByTask = perTask.length > 1 && perTask.every(({ tasks }) => tasks !== undefined);
  return isByTask
    ? 'task by task'
    : `partitions ${perTask.map(({ from, to }) => (to - from === 1 ? from : `${from} to ${to - 1}`)).join(', ')}`;
}

function stepText(step: Step): string {
  if (step.kind === 'sql') return step.sql;
  if (step.kind === 'reread') return `read again (${step.source.connector})`;
  if (step.kind === 'load') return `load ${step.output} (${step.sink.connector})`;
  return `${step.mode} ${step.bundle.name}${step.bundle.async ? ' (async)' : ''}`;
}

function outputText(output: StageOutput): string {
  if (output.kind === 'file') return `writes ${output.sink.format} files`;
  const { partitioning } = output;
  if (partitioning.kind === 'single') return 'gives  one partition per task';
  if (partitioning.kind === 'sample') return `gives  all rows, one of ${partitioning.every} apart as a sample`;
  return `gives  ${plural(partitioning.partitions, 'partition')} by ${partitionedBy(partitioning)}`;
}

function partitionedBy(partitioning: Exclude<Partitioning, { kind: 'single' | 'sample' }>): string {
  if (partitioning.kind === 'hash') return `the hash of ${partitioning.keys.join(', ')}`;
  return partitioning.kind === 'range'
    ? `ranges of ${partitioning.key}, bounds from ${partitioning.bounds}`
    : 'turns of batches';
}
