import type { RetryPolicy } from '../../../pipeline/records/document.ts';
import type { FailureNotice, RunLife, RunRecord, RunState, RunSummary } from '../../../pipeline/records/run.ts';
import { delayMs } from '../../../shared/backoff.ts';
import { type ErrorData, SheafError } from '../../../shared/errors.ts';
import type { JobId } from '../../../shared/ids.ts';
import { abandonedError } from './abandon.ts';
import { commitBackoff, isRetryable } from './retry.ts';

/**
 * What happens to a run, as a pure function of its record and an event (`pipeline/records/run.ts` draws the states).
 * Events of an attempt carry its number: one of an attempt that is over changes nothing.
 */
export type RunEvent =
  /** Its time has come, and its pipeline is free. */
  | { readonly kind: 'due' }
  /** Its sinks are prepared and its job is accepted. */
  | { readonly kind: 'submitted'; readonly attempt: number; readonly job: JobId }
  /** It could not be prepared, its job failed, or its rules do not hold. */
  | { readonly kind: 'failed'; readonly attempt: number; readonly error: ErrorData; readonly summary?: RunSummary }
  /** All rules hold: what is to be loaded lies in this blob. */
  | { readonly kind: 'decided'; readonly attempt: number; readonly commit: string }
  | { readonly kind: 'committed'; readonly summary: RunSummary }
  | CommitFailed
  | { readonly kind: 'cancelled' }
  /** As `cancelled`; and what was decided is tried only once more, whatever that leaves half loaded. */
  | { readonly kind: 'abandoned' }
  | { readonly kind: 'cleaned' }
  /** The webhook has been told of its failure, or will not be. */
  | { readonly kind: 'notified'; readonly notice: FailureNotice }
  /** Another coordinator leads, and has found the record. */
  | { readonly kind: 'takenOver' };

/** A sink did not commit. */
interface CommitFailed {
  readonly kind: 'commitFailed';
  readonly error: ErrorData;
  /** Another one has, or may have. */
  readonly some: boolean;
  /** So often under this leader. */
  readonly tries: number;
  /** With what is loaded, and what is not. */
  readonly summary?: RunSummary;
}

/** What is to be done after an event, with the event that answers it. */
export type RunEffect =
  /** Not before this time, and not beside another run of its pipeline: answers `due`. */
  | { readonly kind: 'wait'; readonly untilMs: number }
  /** Removes what earlier attempts staged, prepares the sinks and submits the job: `submitted` or `failed`. */
  | { readonly kind: 'prepare' }
  /** Waits for the job and decides: `decided` or `failed`. */
  | { readonly kind: 'follow'; readonly job: JobId }
  /** Does what was decided, not before this time: `committed` or `commitFailed`. */
  | { readonly kind: 'commit'; readonly commit: string; readonly atMs: number; readonly tries: number }
  /** A `commit` that waits for its time is done now. */
  | { readonly kind: 'hurry' }
  /** Cancels the job of this attempt. */
  | { readonly kind: 'cancelJob'; readonly attempt: number }
  /** Removes what is staged: `cleaned`. */
  | { readonly kind: 'clean' };

/** An effect of one kind. */
export type EffectOf<Kind extends RunEffect['kind']> = Extract<RunEffect, { kind: Kind }>;

/** How often, and after which pauses, a run tries again. */
export interface RunPolicy {
  readonly retry: RetryPolicy;
  readonly takeoversMax: number;
  readonly commitRetryMs: number;
  readonly commitRetryMsMax: number;
}

/** What an event leads to. */
export interface Step {
  /** The record after the event: the same one if nothing changed. It is written before an effect begins. */
  readonly record: RunRecord;
  readonly effects: readonly RunEffect[];
}

/** Whether a run is in a state that it does not leave. */
export const isOver = ({ state }: RunLife): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';

/** @throws SheafError `INTERNAL` for an event that cannot come in this state */
export function step(record: RunRecord, event: RunEvent, nowMs: number, policy: RunPolicy): Step {
  if ('attempt' in event && event.attempt !== record.attempt) return unchanged(record);
  const answer = handlers[event.kind] as (situation: Situation, event: RunEvent) => Step | undefined;
  const next = answer({ record, nowMs, policy }, event);
  if (next) return next;
  throw new SheafError(
    'INTERNAL',
    `Run ${record.id}, attempt ${record.attempt}: "${event.kind}" cannot come in the state "${record.life.state}"`,
  );
}

interface Situation {
  readonly record: RunRecord;
  readonly nowMs: number;
  readonly policy: RunPolicy;
}

type EventOf<Kind extends RunEvent['kind']> = Extract<RunEvent, { kind: Kind }>;

const handlers: {
  readonly [Kind in RunEvent['kind']]: (situation: Situation, event: EventOf<Kind>) => Step | undefined;
} = {
  due({ record, nowMs }) {
    if (!among(record, 'queued', 'retrying')) return ended(record);
    const attempt = record.life.state === 'retrying' ? record.attempt + 1 : record.attempt;
    const begun = { ...record, attempt, startedMs: record.startedMs ?? nowMs };
    return to(begun, { state: 'preparing' }, { kind: 'prepare' });
  },

  submitted({ record }, { job }) {
    if (among(record, 'preparing')) return to(record, { state: 'loading', job }, { kind: 'follow', job });
    return ended(record);
  },

  failed(situation, { error, summary }) {
    if (!among(situation.record, 'preparing', 'loading')) return ended(situation.record);
    return failedOnce(situation, error, summary);
  },

  decided({ record, nowMs }, { commit }) {
    if (!among(record, 'loading')) return ended(record);
    return to(record, { state: 'committing', commit }, { kind: 'commit', commit, atMs: nowMs, tries: 0 });
  },

  committed({ record, nowMs }, { summary }) {
    const { life } = record;
    if (life.state !== 'committing') return undefined;
    return to(record, { state: 'succeeded', endedMs: nowMs, summary, commit: life.commit }, { kind: 'clean' });
  },

  commitFailed({ record, nowMs, policy }, { error, some, tries, summary }) {
    const { life } = record;
    if (life.state !== 'committing') return undefined;
    if (life.abandoned) {
      const failed = { state: 'failed', endedMs: nowMs, error: abandonedError(record.id, error, summary) } as const;
      return to(record, { ...failed, ...(summary ? { summary } : {}) }, { kind: 'clean' });
    }
    // Nothing is loaded, and what was decided to be is gone: it has to be made again.
    if (!some && error.code === 'STAGED_LOST') return failedOnce({ record, nowMs, policy }, error);
    // Half a load is no result: once a sink may have committed, the others are asked until they have, too.
    if (!some && !isRetryable(error)) return to(record, { state: 'failed', endedMs: nowMs, error }, { kind: 'clean' });
    const atMs = nowMs + delayMs(commitBackoff(policy), tries);
    return to(record, { ...life, error }, { kind: 'commit', commit: life.commit, atMs, tries });
  },

  cancelled({ record, nowMs }) {
    if (record.life.state === 'committing') return unchanged(record);
    if (isOver(record.life)) return unchanged(record);
    const cancel = { kind: 'cancelJob', attempt: record.attempt } as const;
    return to(record, { state: 'cancelled', endedMs: nowMs }, cancel, { kind: 'clean' });
  },

  abandoned(situation) {
    const { record } = situation;
    const { life } = record;
    if (life.state !== 'committing') return handlers.cancelled(situation, { kind: 'cancelled' });
    return life.abandoned ? unchanged(record) : to(record, { ...life, abandoned: true }, { kind: 'hurry' });
  },

  cleaned({ record }) {
    return isOver(record.life) ? { record: { ...record, cleaned: true }, effects: [] } : undefined;
  },

  notified({ record }, { notice }) {
    return among(record, 'failed') ? { record: { ...record, notice }, effects: [] } : undefined;
  },

  takenOver({ record, nowMs, policy }) {
    const { life, attempt } = record;
    if (life.state === 'queued' || life.state === 'retrying')
      return { record, effects: [{ kind: 'wait', untilMs: life.dueMs }] };
    if (life.state === 'committing') {
      return { record, effects: [{ kind: 'commit', commit: life.commit, atMs: nowMs, tries: 0 }] };
    }
    if (isOver(life)) return { record, effects: record.cleaned ? [] : [{ kind: 'clean' }] };
    const counted = { ...record, takeovers: record.takeovers + 1 };
    const cancel = { kind: 'cancelJob', attempt } as const;
    if (counted.takeovers > policy.takeoversMax) {
      return to(counted, { state: 'failed', endedMs: nowMs, error: endsItsLeaders(counted) }, cancel, {
        kind: 'clean',
      });
    }
    const again = { ...counted, attempt: attempt + 1 };
    return to(again, { state: 'queued', dueMs: nowMs }, cancel, { kind: 'wait', untilMs: nowMs });
  },
};

/** Another attempt, if that may help and the policy allows it. */
function failedOnce({ record, nowMs, policy }: Situation, error: ErrorData, summary?: RunSummary): Step {
  const failures = record.failures + 1;
  const cancel = { kind: 'cancelJob', attempt: record.attempt } as const;
  if (!isRetryable(error) || failures >= policy.retry.attempts) {
    const life = { state: 'failed', endedMs: nowMs, error, ...(summary ? { summary } : {}) } as const;
    return to({ ...record, failures }, life, cancel, { kind: 'clean' });
  }
  const dueMs = nowMs + delayMs(policy.retry, failures);
  return to({ ...record, failures }, { state: 'retrying', dueMs, error }, cancel, { kind: 'wait', untilMs: dueMs });
}

const among = ({ life }: RunRecord, ...states: readonly RunState[]): boolean => states.includes(life.state);

const to = (record: RunRecord, life: RunLife, ...effects: readonly RunEffect[]): Step => ({
  record: { ...record, life },
  effects,
});

const unchanged = (record: RunRecord): Step => ({ record, effects: [] });

/** Work that was under way when the run ended may still report: nothing changes. */
const ended = (record: RunRecord): Step | undefined => (isOver(record.life) ? unchanged(record) : undefined);

const endsItsLeaders = ({ id, takeovers }: RunRecord): ErrorData => ({
  code: 'JOB_LOST',
  message: `${takeovers} leaders ended while run ${id} was under way: it may be what ended them (runTakeoversMax)`,
  next: 'See the logs of the coordinators; nothing of this run was loaded.',
});
