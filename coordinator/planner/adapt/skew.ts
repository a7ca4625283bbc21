import type { ExchangeSlice, StageSpec } from '../../../shared/stage.ts';
import { mayRepeat } from '../choices.ts';
import type { Draft, ExchangeInput } from './draft.ts';
import { bytesOf, type Unit } from './units.ts';

/**
 * Partitions of a join that are many times as large as the others are cut: each of several tasks reads what some of the
 * producing tasks wrote of it, and all of the other side's partition. Only of a side whose other side's rows may be
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

/** Runs of producing tasks that wrote about so many bytes of the partition. */
function byTasks(slice: ExchangeSlice, input: ExchangeInput, bytesMax: number, draft: Draft): ExchangeSlice[] {
  const { tasks } = draft.stage(input.from);
  const parts: ExchangeSlice[] = [];
  let from = 0;
  let bytes = 0;
  for (let task = 0; task < tasks; task++) {
    const more = bytesOf({ ...slice, tasks: { from: task, to: task + 1 } }, input, draft);
    if (bytes > 0 && bytes + more > bytesMax) {
      parts.push({ ...slice, tasks: { from, to: task } });
      [from, bytes] = [task, 0];
    }
    bytes += more;
  }
  return [...parts, { ...slice, tasks: { from, to: tasks } }];
}
