import type { ExchangeSlice } from '../../../shared/stage/exchange-part.ts';
import type { StageSpec } from '../../../shared/stage/stage.ts';
import { mayRepeat } from '../stages/choices.ts';
import type { Draft, ExchangeInput } from './draft.ts';
import { bytesOf, type Unit } from './units.ts';

/**
 * Partitions of a join that are many times as large as the others are cut: each of several tasks reads what some of the
 * producing tasks wrote of it, or some rows of one that wrote much, and all of the other side's partition. Only of a side whose other side's rows may be
 * seen by several tasks; both sides of an inner join may be cut.
 */
export function splitSkewed(
  spec: StageSpec,
  cut: readonly ExchangeInput[],
  units: readonly Unit[],
  draft: Draft,
): Unit[] {
  const [join, ...more] = draft.choicesOf(spec.id).joins.filter(({ kind }) => kind === 'hash');
  if (join === undefined || more.length > 0 || cut.length !== 2) return [...units];
  const repeated = mayRepeat[join.type];
  const mayCut = cut.map(({ name }) => repeated.includes(join.left.includes(name) ? 'r' : 'l'));
  const limits = cut.map((input, at) =>
    skewedFrom(
      units.map((unit) => bytesAt(unit, at, input, draft)),
      draft,
    ),
  );
  return units.flatMap((unit) => {
    const parts = unit.map((slice, at) => {
      const input = cut[at];
      const limit = limits[at] ?? Number.POSITIVE_INFINITY;
      if (input === undefined || !mayCut[at] || bytesOf(slice, input, draft) <= limit) return [slice];
      return byTasks(slice, input, limit, draft);
    });
    const [left = [], right = []] = parts;
    const tasks = left.length * right.length;
    if (tasks > 1) draft.note(spec.id, 'split', `partition ${unit[0]?.from} of the join is read by ${tasks} tasks`);
    return left.flatMap((l) => right.map((r) => [l, r]));
  });
}

const bytesAt = (unit: Unit, at: number, input: ExchangeInput, draft: Draft): number => {
  const slice = unit[at];
  return slice === undefined ? 0 : bytesOf(slice, input, draft);
};

/** A partition with more than this is skewed, and is cut to parts of about this size. */
function skewedFrom(bytes: readonly number[], { progress }: Draft): number {
  const { skewPercent, skewBytesMin } = progress.limits;
  const median = bytes.toSorted((a, b) => a - b)[bytes.length >> 1] ?? 0;
  return Math.max(skewBytesMin, (median * skewPercent) / 100);
}

/** Runs of producing tasks that wrote about so many bytes of the partition; rows of one that wrote more. */
function byTasks(slice: ExchangeSlice, input: ExchangeInput, bytesMax: number, draft: Draft): ExchangeSlice[] {
  const { tasks } = draft.stage(input.from);
  const parts: ExchangeSlice[] = [];
  let from = 0;
  let bytes = 0;
  const end = (to: number): void => {
    if (bytes > 0) parts.push({ ...slice, tasks: { from, to } });
    [from, bytes] = [to, 0];
  };
  for (let task = 0; task < tasks; task++) {
    const own = { ...slice, tasks: { from: task, to: task + 1 } };
    const more = bytesOf(own, input, draft);
    if (bytes + more > bytesMax) end(task);
    const rows = more > bytesMax ? byRows(own, Math.ceil(more / bytesMax), input, draft) : [];
    parts.push(...rows);
    if (rows.length === 0) bytes += more;
    else from = task + 1;
  }
  end(tasks);
  return parts;
}

/** So many parts, at most one for each row, of what one task wrote of a partition, if it would write its rows in the same order again. */
function byRows(slice: ExchangeSlice, wanted: number, { from: stage }: ExchangeInput, draft: Draft): ExchangeSlice[] {
  const { rows = 0 } = draft.sizes(stage)?.tasks[slice.tasks?.from ?? 0]?.[slice.from] ?? {};
  if (!isInOrder(draft.stage(stage), draft) || slice.to !== slice.from + 1) return [];
  const parts = Math.min(wanted, rows);
  const place = (part: number): number => Math.floor((rows * part) / parts);
  return Array.from({ length: parts }, (_, i) => ({ ...slice, rows: { from: place(i), to: place(i + 1) } }));
}

/** A join that came to it meanwhile may go to disk, and yield its rows in another order. */
const isInOrder = ({ id, inputs }: StageSpec, draft: Draft): boolean =>
  draft.choicesOf(id).ordered === true &&
  inputs.every((input) => input.kind !== 'exchange' || input.mode === 'partition');
