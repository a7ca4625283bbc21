import { SheafError } from '../../../shared/errors.ts';

/**
 * The life of each thing, as one table: state → trigger → next state. A pair that is not listed is a bug and throws
 * with the thing's story. `docs/scheduler.md` is generated from these tables.
 */
export const transitions = {
  job: {
    running: { resultReady: 'succeeded', sinkReady: 'committing', stop: 'stopping' },
    committing: { committed: 'succeeded', commitFailed: 'stopping' },
    succeeded: { resultLost: 'repairing', release: 'released' },
    repairing: { resultReady: 'succeeded', stop: 'stopping' },
    stopping: { failed: 'failed', cancelled: 'cancelled', released: 'released' },
    released: {},
    failed: {},
    cancelled: {},
  },
  stage: {
    waiting: { inputsComplete: 'running', allFinished: 'finished', unneeded: 'spent' },
    running: { inputLost: 'waiting', allFinished: 'finished', unneeded: 'spent' },
    finished: { outputLost: 'spent' },
    spent: { need: 'waiting' },
  },
  task: {
    pending: { launch: 'running', unneeded: 'lost' },
    delayed: { due: 'pending', unneeded: 'lost' },
    running: {
      launchTwin: 'running',
      loseTwin: 'running',
      finish: 'finished',
      retry: 'pending',
      retryLater: 'delayed',
      inputChanged: 'lost',
      unneeded: 'lost',
    },
    finished: { outputLost: 'lost', inputChanged: 'lost' },
    lost: { need: 'pending' },
  },
  attempt: {
    running: { cancel: 'cancelling', end: 'ended' },
    cancelling: { end: 'ended' },
    ended: {},
  },
  worker: {
    active: { drain: 'draining', lose: 'lost' },
    draining: { drained: 'drained', lose: 'lost' },
    drained: { lose: 'lost' },
    lost: {},
  },
} as const satisfies Readonly<Record<string, TransitionTable>>;

export type TransitionTable = Readonly<Record<string, Readonly<Record<string, string>>>>;
export type Thing = keyof typeof transitions;
export type StateOf<T extends Thing> = keyof (typeof transitions)[T] & string;
type AllTriggers<Table> = { [State in keyof Table]: keyof Table[State] }[keyof Table];
/** What can move a thing of this kind from one state to another. */
export type TriggerOf<T extends Thing> = AllTriggers<(typeof transitions)[T]> & string;

/**
 * Fails unless the table lists this step.
 *
 * @param story what the thing went through so far, for the message; called only on failure
 * @throws SheafError `INTERNAL` with the pair, the expected state and the story
 */
export function checkStep<T extends Thing>(
  thing: T,
  from: StateOf<T>,
  trigger: TriggerOf<T>,
  to: StateOf<T>,
  story: () => string,
): void {
  const row: Readonly<Record<string, string>> = (transitions[thing] as TransitionTable)[from] ?? {};
  if (row[trigger] === to) return;
  const listed = row[trigger] === undefined ? 'is not listed' : `leads to ${row[trigger]}`;
  throw new SheafError('INTERNAL', `A ${thing} cannot go from ${from} by ${trigger} to ${to}: the pair ${listed}.`, {
    details: { story: story() },
    next: 'This is a bug in the scheduler: please report it with the story.',
  });
}
