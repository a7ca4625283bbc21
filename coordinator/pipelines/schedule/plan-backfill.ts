import type { PipelineDocument } from '../../../pipeline/records/document.ts';
import { DueTimes, type Interval } from '../../../pipeline/records/due-times.ts';
import type { RunRecord } from '../../../pipeline/records/run.ts';
import { derivedRunId, newRunId } from '../../../pipeline/records/run-id.ts';
import type { BackfillInterval, BackfillPlan, BackfillRequest } from '../../../pipeline/records/schedule.ts';
import { SheafError } from '../../../shared/errors.ts';
import { isOver } from '../decisions/machine.ts';
import { type Covered, isCovered } from './covered.ts';

/** What is known of a pipeline when a backfill is planned. */
export interface BackfillFacts {
  readonly document: PipelineDocument;
  /** Of the pipeline. */
  readonly runs: readonly RunRecord[];
  readonly covered: Covered;
  /** Wall-clock time. */
  readonly nowMs: number;
  readonly backfillIntervalsMax: number;
}

/**
 * Which runs make up for what is missing: for each whole interval of the schedule that has passed none if it is loaded,
 * the run that is under way, or one whose id is made of the interval and of how often it has failed, so that whoever
 * asks twice makes one run.
 *
 * @throws SheafError `USAGE`, `NOT_SUPPORTED` for a pipeline without intervals, `QUOTA_EXCEEDED`
 */
export function planBackfill(request: BackfillRequest, facts: BackfillFacts): BackfillPlan {
  const { document, runs, covered, nowMs, backfillIntervalsMax: max } = facts;
  const times = new DueTimes(scheduleOf(document));
  const [fromMs, toMs] = [times.timeOf(request.from), Math.min(times.timeOf(request.to), nowMs)];
  const intervals = times.intervals(fromMs, toMs, max + 1);
  if (intervals.length === 0) throw noInterval(request);
  if (intervals.length > max) throw tooMany(request, max);
  const known = new Known(runs);
  const isLoaded = (interval: Interval) => !request.again && isCovered(covered, interval);
  const planned = intervals.map((interval): BackfillInterval => {
    if (isLoaded(interval)) return interval;
    return { ...interval, run: known.underWay(interval) ?? known.next(document.name, interval, request.again) };
  });
  return { pipeline: document.name, version: document.version, intervals: planned };
}

/** The runs of a pipeline that concern intervals. */
class Known {
  readonly #byId: ReadonlyMap<string, RunRecord>;
  readonly #underWay: ReadonlyMap<string, RunRecord>;

  constructor(runs: readonly RunRecord[]) {
    this.#byId = new Map(runs.map((run) => [run.id, run]));
    const open = runs.filter(({ life, interval }) => interval && !isOver(life));
    this.#underWay = new Map(open.map((run) => [keyOf(run.interval), run]));
  }

  underWay(interval: Interval): string | undefined {
    return this.#underWay.get(keyOf(interval))?.id;
  }

  next(pipeline: string, interval: Interval, again: boolean): string {
    if (again) return newRunId(pipeline, interval.endMs);
    for (let tries = 0; ; tries += 1) {
      const id = derivedRunId(pipeline, interval.endMs, `backfill ${interval.startMs} ${tries}`);
      if (!this.#byId.has(id)) return id;
    }
  }
}

const keyOf = (interval: Interval | undefined): string => `${interval?.startMs} ${interval?.endMs}`;

function scheduleOf(document: PipelineDocument) {
  const { name, schedule } = document;
  if (!schedule) {
    throw new SheafError('NOT_SUPPORTED', `${name} has no schedule: it is not known what its intervals are`, {
      next: 'Give it one, and deploy it: npx sheaf schedule FILE --pause. Paused, it starts nothing by itself.',
    });
  }
  const text = JSON.stringify(document);
  if (/\binterval_(start|end)\b/.test(text)) return schedule;
  throw new SheafError('NOT_SUPPORTED', `${name} does not look at its interval: each run would load the same`, {
    next: 'Say what of the source belongs to a run: with $interval_start and $interval_end in its SQL, or param(…) in options.',
  });
}

const noInterval = ({ from, to }: BackfillRequest): SheafError =>
  new SheafError('USAGE', `No interval of the schedule lies between ${from} and ${to} as a whole, and has passed`, {
    next: 'Begin and end where the schedule is due: for days, --from 2026-01-01 --to 2026-02-01.',
  });

const tooMany = ({ from, to }: BackfillRequest, max: number): SheafError =>
  new SheafError(
    'QUOTA_EXCEEDED',
    `There are more than ${max} intervals from ${from} to ${to} (backfillIntervalsMax)`,
    {
      next: 'Take a part at a time.',
    },
  );
