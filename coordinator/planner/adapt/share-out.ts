import { plural } from '../../../shared/quantities.ts';
import type { StageInput, StageSpec } from '../../../shared/stage/stage.ts';
import { alike, cutInputs, type Draft, type ExchangeInput, isNothing } from './draft.ts';
import { sendWhole } from './send-whole.ts';
import { splitSkewed } from './skew.ts';
import { isSame, merged, type Unit, unitsOf, weightOf } from './units.ts';

/** Gives the stage as many tasks as its inputs are worth: neighbouring partitions together, skewed ones cut. */
export function shareOut(spec: StageSpec, draft: Draft): StageSpec {
  const cut = cutInputs(spec);
  if (cut.length === 0) return spec.inputs.length > 0 && isIdle(spec) ? inTasks(spec, 1) : spec;
  const planned = unitsOf(cut, draft);
  if (cut.some(({ from }) => draft.choicesOf(from).asked)) return withUnits(spec, cut, planned);
  const bytes = planned.reduce((sum, unit) => sum + weightOf(unit, cut, draft), 0);
  const tasks = evenly(draft.tasksFor(bytes), planned.length, draft.progress.slots);
  const sent = tasks > 1 ? sendWhole(spec, draft) : undefined;
  if (sent !== undefined) return shareOut(sent, draft);
  const units = tasks > 1 ? splitSkewed(spec, cut, planned, draft) : planned;
  const groups = grouped(units, cut, tasks, draft);
  if (groups.length < units.length) draft.note(spec.id, 'merged', mergeText(units.length, groups.length));
  return withUnits(spec, cut, groups);
}

/**
 * A few more tasks where slots are free, if so many partitions do not divide among fewer: four that are read by three tasks
 * take as long as by two.
 */
const evenly = (tasks: number, units: number, slots: number): number =>
  tasks >= Math.min(units, slots) || tasks === 1
    ? tasks
    : Math.min(slots, Math.ceil(units / Math.floor(units / tasks)));

const mergeText = (units: number, tasks: number): string => `${units} partitions are read by ${plural(tasks, 'task')}`;

/** All that would be read has been dropped; what is sent whole meets nothing. */
const isIdle = ({ inputs, tasks }: StageSpec): boolean =>
  tasks > 1 && inputs.every((input) => input.kind === 'exchange' || isNothing(input)) && inputs.some(isNothing);

const inTasks = (spec: StageSpec, tasks: number): StageSpec => {
  const inputs = alike(spec.inputs, tasks);
  return inputs === undefined ? spec : { ...spec, inputs, tasks };
};

/** Runs of neighbours of about equal weight, at most so many where they can be merged. */
function grouped(units: readonly Unit[], cut: readonly ExchangeInput[], tasks: number, draft: Draft): Unit[] {
  const weights = units.map((unit) => weightOf(unit, cut, draft));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const groups: Unit[] = [];
  let before = 0;
  let last = -1;
  units.forEach((unit, i) => {
    const weight = weights[i] ?? 0;
    const group = total === 0 ? 0 : Math.min(tasks - 1, Math.floor(((before + weight / 2) / total) * tasks));
    before += weight;
    const open = groups.at(-1);
    const together = open !== undefined && group === last ? merged(open, unit) : undefined;
    if (together === undefined) groups.push(unit);
    else groups[groups.length - 1] = together;
    last = group;
  });
  return groups;
}

/** The stage with one task for each unit. */
function withUnits(spec: StageSpec, cut: readonly ExchangeInput[], units: readonly Unit[]): StageSpec {
  const rest = alike(
    spec.inputs.filter((input) => !isCut(input, cut)),
    units.length,
  );
  if (rest === undefined) return spec;
  const inputs = spec.inputs.map((input) => {
    const at = cut.findIndex(({ name }) => name === input.name);
    const own = cut[at];
    if (own === undefined) return rest.find(({ name }) => name === input.name) ?? input;
    const perTask = units.flatMap((unit) => unit[at] ?? []);
    const isPlain = own.perTask === undefined && perTask.every((slice, i) => isSame(slice, { from: i, to: i + 1 }));
    return isPlain ? own : { ...own, perTask };
  });
  return { ...spec, inputs, tasks: units.length };
}

const isCut = (input: StageInput, cut: readonly ExchangeInput[]): boolean =>
  cut.some(({ name }) => name === input.name);
