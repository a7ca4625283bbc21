import type { JobId, WorkerId } from '../../shared/ids.ts';
import { tick } from './clock.ts';
import { type Core, createCore, type SchedulerLimits } from './core.ts';
import type { Effect } from './effects.ts';
import type { SchedulerEvent } from './events.ts';
import { cancelRequested, jobAborted, jobSubmitted, stagesAdded } from './jobs.ts';
import { checkDrains, workerDraining, workerJoined, workerLost } from './members.ts';
import { attemptFailed } from './outcomes/failures.ts';
import { attemptFinished } from './outcomes/finishes.ts';
import { jobReleased, resultLost, sinkCommitted, sinkFailed } from './outcomes/results.ts';
import { place } from './placement/placement.ts';
import { jobProgress, jobReport } from './views/reports.ts';
import type { JobProgress, JobReport } from './views/views.ts';

/**
 * Decides which task runs where and when, and what follows when something fails. It does nothing by itself: events go
 * in, effects come out. The same events at the same times give the same effects.
 */
export class Scheduler {
  readonly #core: Core;

  constructor(limits: SchedulerLimits) {
    this.#core = createCore(limits);
  }

  /**
   * Takes in one event and says what is to be done, in order. The effects are to be carried out before, or
   * independently of, the next call; none of them is repeated.
   *
   * @param nowMs a monotonic clock's time; a time before the last one counts as the last one
   * @throws SheafError `PLAN_INVALID` for stages that do not hold together: nothing has changed then. `INTERNAL` for a
   *   transition that the table does not list: the scheduler must not be used any more
   */
  handle(event: SchedulerEvent, nowMs: number): readonly Effect[] {
    const core = this.#core;
    core.nowMs = Math.max(core.nowMs, nowMs);
    core.effects = [];
    dispatch(core, event);
    place(core);
    checkDrains(core);
    return core.effects;
  }

  /** How far a job is; nothing if it is not known (any more). */
  progress(job: JobId): JobProgress | undefined {
    const known = this.#core.jobs.get(job);
    return known === undefined ? this.#core.ended.get(job) : jobProgress(known);
  }

  /** What a job did so far, also of the latest ended ones; nothing if it is not known (any more). */
  jobReport(job: JobId): JobReport | undefined {
    const known = this.#core.jobs.get(job);
    return known === undefined ? this.#core.ended.get(job) : jobReport(known);
  }

  /** All jobs that it knows, in the order of submission: ended ones first. */
  jobs(): readonly JobReport[] {
    return [...this.#core.ended.values(), ...[...this.#core.jobs.values()].map(jobReport)];
  }

  /** The workers as it sees them. */
  workers(): readonly WorkerView[] {
    return [...this.#core.workers.values()].map(({ id, address, slots, state, attempts }) => ({
      id,
      address,
      slots,
      state: state.kind,
      running: attempts.size,
    }));
  }

  /** All that it knows, for tests to look at. */
  get core(): Core {
    return this.#core;
  }
}

export interface WorkerView {
  readonly id: WorkerId;
  readonly address: string;
  readonly slots: number;
  readonly state: 'active' | 'draining' | 'drained' | 'lost';
  /** Attempts that take its slots. */
  readonly running: number;
}

/** A missing handler does not compile. */
const handlers: { readonly [Kind in SchedulerEvent['kind']]: (core: Core, event: EventOf<Kind>) => void } = {
  workerJoined,
  workerDraining,
  workerLost,
  jobSubmitted,
  stagesAdded,
  jobAborted,
  cancelRequested,
  resultLost,
  jobReleased,
  attemptFinished,
  attemptFailed,
  sinkCommitted,
  sinkFailed,
  tick,
};

type EventOf<Kind extends SchedulerEvent['kind']> = SchedulerEvent & { readonly kind: Kind };

const dispatch = (core: Core, event: SchedulerEvent): void =>
  (handlers[event.kind] as (core: Core, event: SchedulerEvent) => void)(core, event);
