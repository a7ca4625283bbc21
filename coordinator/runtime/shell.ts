import { monotonicMs } from '../../shared/clock.ts';
import type { Config } from '../../shared/config/config.ts';
import type { Logger } from '../../shared/log.ts';
import type { Effect } from '../scheduler/effects.ts';
import type { SchedulerEvent } from '../scheduler/events.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';

/** An effect of one kind. */
export type EffectOf<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>;

/** Does what an effect says: one function per kind, so that a missing one does not compile. */
export type Effects = { readonly [Kind in Effect['kind']]: (effect: EffectOf<Kind>) => void };

/**
 * The thin shell around the scheduler's pure core: feeds it events one at a time and performs its effects in order.
 * An effect may post further events; they wait until the ones at hand are done.
 */
export class SchedulerShell implements Disposable {
  readonly #core: Scheduler;
  readonly #effects: Effects;
  readonly #log: Logger;
  readonly #events: SchedulerEvent[] = [];
  readonly #timer: NodeJS.Timeout;
  #busy = false;

  constructor(core: Scheduler, effects: Effects, config: Config, log: Logger) {
    this.#core = core;
    this.#effects = effects;
    this.#log = log;
    this.#timer = setInterval(() => this.post({ kind: 'tick' }), config.schedulerTickMs);
  }

  post(event: SchedulerEvent): void {
    this.#events.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#events.shift(); next; next = this.#events.shift()) this.#handle(next);
    } finally {
      this.#busy = false;
    }
  }

  #handle(event: SchedulerEvent): void {
    if (event.kind !== 'tick') this.#log.debug({ event: event.kind, ...subject(event) }, 'event');
    for (const effect of this.#core.handle(event, monotonicMs())) {
      this.#log.debug({ effect: effect.kind }, 'effect');
      (this.#effects[effect.kind] as (effect: Effect) => void)(effect);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Whom an event is about, for the log. */
function subject(event: SchedulerEvent): object {
  if ('key' in event) return event.key;
  if ('job' in event) return { job: event.job };
  return 'worker' in event ? { worker: event.worker } : {};
}
