import type { Interval } from '../../pipeline/records/due-times.ts';
import type { RunInfo, RunState } from '../../pipeline/records/run.ts';
import type { BackfillInterval, BackfillPlan } from '../../pipeline/records/schedule.ts';

/** Options of `pipelines.backfill`. */
export interface BackfillOptions {
  /**
   * The first interval begins then, or after: `2026-01-31` or `2026-01-31T08:15`, in the time zone of the schedule, or
   * with one of its own.
   */
  readonly from: string;
  /** The last interval ends then, or before. */
  readonly to: string;
  /** Runs at a time. Default 1. */
  readonly parallel?: number;
  /** Loads intervals again that are loaded already. */
  readonly again?: boolean;
  /** When aborted, no further run is started, and those under way are cancelled. */
  readonly signal?: AbortSignal;
  /** Called when an interval is done with; first for those that are loaded already. */
  readonly onProgress?: (interval: BackfilledInterval, progress: BackfillProgress) => void;
}

/** An interval that a backfill is done with, and its run, if it had one. */
export interface BackfilledInterval extends Interval {
  /** `loaded`: before, so it was left out. */
  readonly state: RunState | 'loaded';
  readonly run?: RunInfo;
}

/** How many intervals of how many are done with. */
export interface BackfillProgress {
  readonly done: number;
  readonly of: number;
}

/** What became of a backfill. */
export interface Backfill {
  readonly pipeline: string;
  readonly version: string;
  /** In order. */
  readonly intervals: readonly BackfilledInterval[];
}

/** Runs one interval to its end, which is no error however it ends. */
type RunInterval = (interval: Interval & { readonly run: string }, signal: AbortSignal) => Promise<RunInfo>;

/**
 * Goes through a plan, so many runs at a time, in order.
 *
 * @throws whatever `runInterval` throws, when all that it had begun has come to its end: what was done is found by the
 * next one
 */
export async function carryOut(
  { pipeline, version, intervals }: BackfillPlan,
  runInterval: RunInterval,
  { parallel = 1, onProgress, signal }: Pick<BackfillOptions, 'parallel' | 'onProgress' | 'signal'>,
): Promise<Backfill> {
  const results = new Map<BackfillInterval, BackfilledInterval>();
  const end = (interval: BackfillInterval, state: BackfilledInterval['state'], run?: RunInfo) => {
    const { startMs, endMs } = interval;
    const result = { startMs, endMs, state, ...(run ? { run } : {}) };
    results.set(interval, result);
    onProgress?.(result, { done: results.size, of: intervals.length });
  };
  for (const interval of intervals) if (interval.run === undefined) end(interval, 'loaded');
  const waiting = intervals.values().filter(({ run }) => run !== undefined);
  const stop = new AbortController();
  const given = AbortSignal.any([stop.signal, ...(signal ? [signal] : [])]);
  const lane = async () => {
    for (const interval of waiting) {
      given.throwIfAborted();
      const { startMs, endMs, run = '' } = interval;
      const info = await runInterval({ startMs, endMs, run }, given);
      end(interval, info.life.state, info);
    }
  };
  const lanes = Array.from({ length: parallel }, () =>
    lane().catch((thrown: unknown) => {
      stop.abort(thrown);
      throw thrown;
    }),
  );
  await Promise.allSettled(lanes); // Runs that are under way are cancelled while there is a connection.
  await Promise.all(lanes);
  return { pipeline, version, intervals: intervals.flatMap((interval) => results.get(interval) ?? []) };
}
