import type { Config } from '../../../shared/config/config.ts';
import type { KeyRange, Split } from '../../../shared/stage/split.ts';
import type { PlanContext } from '../context.ts';
import type { SourceSplit } from '../source.ts';

/**
 * How many tasks read so many bytes of a source. Little data is one task; more is cut until each slot has one, then
 * until each has its `tasksPerSlot`; much is cut to tasks of the target size. More tasks than slots come in whole
 * rounds: the last one leaves no slot idle.
 *
 * @param pieces how many there are to deal out
 */
export function taskCount(
  bytes: number,
  { slots, config }: Pick<PlanContext, 'slots' | 'config'>,
  pieces = Number.POSITIVE_INFINITY,
): number {
  const useful = Math.max(1, Math.floor(bytes / config.taskBytesMin));
  const most = wholeRounds(Math.ceil(bytes / config.taskBytesTarget), slots);
  const rounds = Math.max(1, Math.min(config.tasksPerSlot, Math.floor(useful / Math.max(1, slots) / roundSize)));
  const tasks = Math.min(useful, pieces, Math.max(rounds * Math.max(1, slots), most));
  return tasks <= slots ? tasks : tasks - (tasks % Math.max(1, slots));
}

/**
 * Tasks of another round are at least so many times the least size of a task: to even out short ones costs more than
 * they differ by. Measured on TPC-H at scale factor 1, in processor time: two rounds of short tasks cost a sixth more
 * than one.
 */
const roundSize = 16;

/**
 * How many tasks are worth their cost where rows meet that are so many bytes: no more than slots, unless there is much.
 */
export function meetingTasks(
  bytes: number,
  slots: number,
  { taskBytesMin, taskBytesTarget, plannedPartitionsMax }: MeetingLimits,
): number {
  const useful = Math.ceil(bytes / taskBytesMin);
  const most = wholeRounds(Math.max(slots, Math.ceil(bytes / taskBytesTarget)), slots);
  return Math.max(1, Math.min(useful, most, plannedPartitionsMax));
}

/** Limits of the tasks where rows meet. */
export type MeetingLimits = Pick<Config, 'taskBytesMin' | 'taskBytesTarget' | 'plannedPartitionsMax'>;

/** No fewer tasks, as many for each slot. */
export const wholeRounds = (tasks: number, slots: number): number =>
  Math.ceil(tasks / Math.max(1, slots)) * Math.max(1, slots);

/**
 * Deals items out to at most `tasks` tasks in runs of neighbours of about equal weight: each task's rows follow those
 * of the task before it, so that rows gathered in task order stand as they did in the files.
 */
export function pack<T>(items: readonly T[], weigh: (item: T) => number, tasks: number): T[][] {
  const total = items.reduce((sum, item) => sum + weigh(item), 0);
  const packed: T[][] = [];
  let before = 0;
  for (const item of items) {
    const weight = weigh(item);
    // The middle of an item says which task it falls to. Items without weight stay with their neighbour.
    const task = total === 0 ? 0 : Math.min(tasks - 1, Math.floor(((before + weight / 2) / total) * tasks));
    const run = packed[task] ?? [];
    run.push(item);
    packed[task] = run;
    before += weight;
  }
  const filled = packed.filter((run) => run !== undefined && run.length > 0);
  return filled.length === 0 ? [[]] : filled;
}

/** Splits packed for tasks, neighbours in one file joined again. */
export const packSplits = (splits: readonly SourceSplit[], tasks: number): Split[][] =>
  pack(splits, ({ bytes }) => bytes, tasks).map((run) => joinNeighbours(run.map(({ split }) => split)));

/** Splits that follow each other in one file are one. */
export function joinNeighbours(splits: readonly Split[]): Split[] {
  const joined: Split[] = [];
  for (const split of splits) {
    const last = joined.at(-1);
    const both = last === undefined ? undefined : join(last, split);
    if (both === undefined) joined.push(split);
    else joined[joined.length - 1] = both;
  }
  return joined;
}

function join(a: Split, b: Split): Split | undefined {
  if (a.file.path !== b.file.path) return undefined;
  if (a.kind === 'parquet' && b.kind === 'parquet' && a.firstRow + a.rows === b.firstRow) {
    return isSameRange(a.range, b.range) ? { ...a, rows: a.rows + b.rows } : undefined;
  }
  if (a.kind === 'arrow' && b.kind === 'arrow' && a.firstBatch + a.batches === b.firstBatch) {
    return { ...a, batches: a.batches + b.batches };
  }
  const isText = (split: Split): split is Extract<Split, { to: number }> =>
    split.kind === 'csv' || split.kind === 'ndjson';
  return isText(a) && isText(b) && a.to === b.from ? { ...a, to: b.to } : undefined;
}

const isSameRange = (a: KeyRange | undefined, b: KeyRange | undefined): boolean =>
  a?.column === b?.column && a?.from === b?.from && a?.before === b?.before;
