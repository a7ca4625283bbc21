import type { ExchangeSlice } from '../../../shared/stage/exchange-part.ts';
import { type Draft, type ExchangeInput, partitionsOf } from './draft.ts';

/** What one task reads: a slice of each input that is cut, in their order. */
export type Unit = readonly ExchangeSlice[];

/** One unit for each partition, or for each of the slices that were planned. */
export function unitsOf(cut: readonly ExchangeInput[], draft: Draft): Unit[] {
  const slices = cut.map((input) => slicesOf(input, draft));
  return (slices[0] ?? []).map((_, i) => slices.map((each) => each[i] ?? nothingRead));
}

const nothingRead: ExchangeSlice = { from: 0, to: 0 };

function slicesOf({ from, perTask }: ExchangeInput, draft: Draft): readonly ExchangeSlice[] {
  const producer = draft.stage(from);
  const count = (length: number): number[] => Array.from({ length }, (_, i) => i);
  if (perTask === undefined) return count(partitionsOf(producer.output)).map((i) => ({ from: i, to: i + 1 }));
  const [first] = perTask;
  const isByTask = first !== undefined && perTask.every(({ tasks }) => tasks !== undefined);
  // Planned task by task: there may be more or fewer tasks now.
  if (isByTask) return count(producer.tasks).map((i) => ({ ...first, tasks: { from: i, to: i + 1 } }));
  return perTask;
}

export const weightOf = (unit: Unit, cut: readonly ExchangeInput[], draft: Draft): number =>
  unit.reduce((sum, slice, i) => sum + (cut[i] === undefined ? 0 : bytesOf(slice, cut[i], draft)), 0);

export function bytesOf({ from, to, tasks, rows }: ExchangeSlice, input: ExchangeInput, draft: Draft): number {
  const producers = draft.sizes(input.from)?.tasks ?? [];
  if (rows !== undefined) {
    const all = producers[tasks?.from ?? 0]?.[from] ?? { rows: 0, bytes: 0 };
    return (all.bytes * (rows.to - rows.from)) / Math.max(1, all.rows);
  }
  let bytes = 0;
  for (const partitions of tasks === undefined ? producers : producers.slice(tasks.from, tasks.to))
    for (let partition = from; partition < to; partition++) bytes += partitions[partition]?.bytes ?? 0;
  return bytes;
}

/** Both read as one; nothing if they are no neighbours in every input alike. */
export function merged(first: Unit, second: Unit): Unit | undefined {
  const both = first.map((slice, i) => neighbours(slice, second[i] ?? nothingRead));
  return both.every((slice) => slice !== undefined) ? both : undefined;
}

function neighbours(a: ExchangeSlice, b: ExchangeSlice): ExchangeSlice | undefined {
  // What was cut by rows was cut for a reason.
  if (a.rows !== undefined || b.rows !== undefined) return undefined;
  if (a.to === b.from && isSameRange(a.tasks, b.tasks)) return { ...a, to: b.to };
  const isNext = a.tasks !== undefined && b.tasks !== undefined && a.tasks.to === b.tasks.from;
  if (!isNext || a.from !== b.from || a.to !== b.to) return undefined;
  return { from: a.from, to: a.to, tasks: { from: a.tasks.from, to: b.tasks.to } };
}

type Range = ExchangeSlice['tasks'];
const isSameRange = (a: Range, b: Range): boolean => a?.from === b?.from && a?.to === b?.to;

export const isSame = (a: ExchangeSlice, b: ExchangeSlice): boolean =>
  a.from === b.from && a.to === b.to && isSameRange(a.tasks, b.tasks) && isSameRange(a.rows, b.rows);
