import type { ExchangeSlice } from '../../../shared/stage/exchange-part.ts';
import type { StageOutput } from '../../../shared/stage/output.ts';
import type { StageInput } from '../../../shared/stage/stage.ts';
import { partitionCount, type Stage } from './stage.ts';
import type { Task } from './task.ts';

type ExchangeInput = Extract<StageInput, { kind: 'exchange' }>;

/** What a task reads of an exchange that is not broadcast: its own partition, unless the plan says otherwise. */
export const sliceOf = ({ perTask }: ExchangeInput, index: number): ExchangeSlice =>
  perTask?.[index] ?? { from: index, to: index + 1 };

/** The producing tasks of a slice. */
export const tasksOf = ({ tasks }: Stage, slice: ExchangeSlice): readonly Task[] =>
  slice.tasks === undefined ? tasks : tasks.slice(slice.tasks.from, slice.tasks.to);

/** Whether the producer has all that the slice names. An empty slice reads nothing. */
export function isWithin(
  slice: ExchangeSlice,
  producer: { readonly tasks: number; readonly output: StageOutput },
): boolean {
  const { from, to, tasks } = { tasks: { from: 0, to: producer.tasks }, ...slice };
  return isRange(from, to, partitionCount(producer.output)) && isRange(tasks.from, tasks.to, producer.tasks);
}

const isRange = (from: number, to: number, end: number): boolean => 0 <= from && from <= to && to <= end;
