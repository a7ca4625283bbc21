import {
  longestTasksMax,
  type Spread,
  type SpreadMetric,
  type StageWork,
  type TaskWork,
} from '../../../shared/plan/stage-work.ts';
import type { StageSpec } from '../../../shared/stage/stage.ts';
import type { TaskMetrics } from '../../../shared/stage/task.ts';
import type { Stage } from '../state/stage.ts';
import type { Task } from '../state/task.ts';

/** What a stage did, once all of its tasks have their output; nothing before. */
export function stageWork(stage: Stage): StageWork | undefined {
  if (stage.counts.finished < stage.tasks.length) return undefined;
  const known = worked.get(stage);
  const { attempts } = stage.totals;
  if (known?.version === stage.version && known.work.attempts === attempts) return known.work;
  const work = workOf(stage);
  worked.set(stage, { version: stage.version, work });
  return work;
}

/** Progress is told again and again: a stage's numbers are put in order once for each change of them. */
const worked = new WeakMap<Stage, { readonly version: number; readonly work: StageWork }>();

function workOf({ spec, tasks, totals }: Stage): StageWork {
  const metrics = tasks.flatMap(({ state }) => (state.kind === 'finished' ? [state.output.metrics] : []));
  const rowsInKnown = !readsText(spec);
  const perTask = spreads(metrics);
  const peakRssBytes = metrics.reduce((most, each) => Math.max(most, each.peakRssBytes), 0);
  const rows = rowsInKnown && perTask.rowsIn.max > 0 ? perTask.rowsIn : perTask.rowsOut;
  const sum = rowsInKnown && perTask.rowsIn.max > 0 ? totals.metrics.rowsIn : totals.metrics.rowsOut;
  return {
    ...totals.metrics,
    peakRssBytes,
    attempts: totals.attempts,
    rowsInKnown,
    perTask,
    longest: longestOf(tasks),
    skew: skewOf(rows, sum / tasks.length),
  };
}

function longestOf(tasks: readonly Task[]): TaskWork[] {
  const each = tasks.flatMap(({ index, state }) =>
    state.kind === 'finished' ? [{ task: index, worker: state.worker.id, ...state.output.metrics }] : [],
  );
  const tookMs = ({ fetchMs, runMs }: TaskMetrics): number => fetchMs + runMs;
  return each.toSorted((a, b) => tookMs(b) - tookMs(a)).slice(0, longestTasksMax);
}

const readsText = ({ inputs }: StageSpec): boolean =>
  inputs.some(
    (input) => input.kind === 'splits' && input.perTask.flat().some(({ kind }) => kind === 'csv' || kind === 'ndjson'),
  );

const spreadMetrics: Readonly<Record<SpreadMetric, true>> = {
  rowsIn: true,
  rowsOut: true,
  bytesIn: true,
  bytesOut: true,
  fetchMs: true,
  runMs: true,
  spilledBytes: true,
};

function spreads(metrics: readonly TaskMetrics[]): Record<SpreadMetric, Spread> {
  const names = Object.keys(spreadMetrics) as SpreadMetric[];
  const each = names.map((name) => [name, spreadOf(metrics.map((of) => of[name]))] as const);
  return Object.fromEntries(each) as Record<SpreadMetric, Spread>;
}

/** Of no numbers, zeros. */
export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (place: number): number => sorted[place] ?? 0;
  const middle = (sorted.length - 1) / 2;
  return { min: at(0), median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, max: at(sorted.length - 1) };
}

/** Where most tasks have no rows, the most is measured by the mean. */
export const skewOf = ({ median, max }: Spread, mean: number): number => (max === 0 ? 1 : max / (median || mean));
