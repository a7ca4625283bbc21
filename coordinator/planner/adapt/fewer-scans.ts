import type { Schema } from '../../../shared/schema.ts';
import type { Split } from '../../../shared/stage/split.ts';
import type { StageInput, StageSpec } from '../../../shared/stage/stage.ts';
import { joinNeighbours, wholeRounds } from '../stages/pack.ts';
import { alike, type Draft, type ExchangeInput, sizeText } from './draft.ts';

type SplitsInput = Extract<StageInput, { kind: 'splits' }>;

/**
 * A scan whose tasks all read the same rows beside their own, as the small side of a join, has fewer and larger tasks where
 * there are several for each slot: each of them builds its tables anew.
 */
export function fewerScans(spec: StageSpec, draft: Draft): StageSpec {
  const { slots } = draft.progress;
  const sent = spec.inputs.filter(isSentWhole).reduce((sum, { from }) => sum + (draft.sizes(from)?.bytes ?? 0), 0);
  const own = spec.inputs.filter(isOwn);
  const isScan = own.length > 0 && spec.inputs.every((input) => isSentWhole(input) || input.kind === 'splits');
  if (!isScan || sent === 0 || spec.tasks <= slots) return spec;
  const bytes = own.reduce((sum, { perTask, schema }) => sum + splitBytes(perTask.flat(), schema), 0);
  const tasks = wholeRounds(Math.max(1, Math.floor(bytes / (ownShareMin * sent))), slots);
  return tasks < spec.tasks ? inTasks(spec, own, tasks, draft, sizeText(sent)) : spec;
}

/**
 * A task reads at least so many times what it builds tables from. To build costs about three times as much for each byte
 * as to read (TPC-H's q03 and q10 at scale factor 10, by hand), and a second round of tasks evens out less than a tenth.
 */
const ownShareMin = 40;

const isSentWhole = (input: StageInput): input is ExchangeInput =>
  input.kind === 'exchange' && input.mode === 'broadcast';

/** Not the same for all tasks, as files are that each reads whole. */
const isOwn = (input: StageInput): input is SplitsInput =>
  input.kind === 'splits' && alike([input], input.perTask.length) === undefined;

/** Roughly, in memory. How much there is in an Arrow file the split does not tell. */
function splitBytes(splits: readonly Split[], schema: Schema): number {
  return splits.reduce((sum, split) => {
    if (split.kind === 'arrow') return Number.POSITIVE_INFINITY;
    return sum + (split.kind === 'parquet' ? split.rows * schema.length * valueBytes : split.to - split.from);
  }, 0);
}

const valueBytes = 8;

function inTasks(spec: StageSpec, own: readonly SplitsInput[], tasks: number, draft: Draft, size: string): StageSpec {
  const rest = alike(
    spec.inputs.filter((input) => !own.some((each) => each === input)),
    tasks,
  );
  if (rest === undefined) return spec;
  const inputs = spec.inputs.map((input) => {
    const scanned = own.find((each) => each === input);
    return scanned === undefined ? (rest.find(({ name }) => name === input.name) ?? input) : together(scanned, tasks);
  });
  draft.note(spec.id, 'merged', `${spec.tasks} scans are ${tasks}: each builds tables of ${size}`);
  return { ...spec, inputs, tasks };
}

/** The splits of neighbouring tasks in one. */
function together(input: SplitsInput, tasks: number): SplitsInput {
  const { length } = input.perTask;
  const perTask = Array.from({ length: tasks }, (_, i) =>
    joinNeighbours(
      input.perTask.slice(Math.floor((i * length) / tasks), Math.floor(((i + 1) * length) / tasks)).flat(),
    ),
  );
  return { ...input, perTask };
}
