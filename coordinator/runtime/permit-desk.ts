import type { Config } from '../../shared/config/config.ts';
import type { PermitRequest } from '../../shared/contracts/control.ts';
import { SheafError } from '../../shared/errors.ts';
import { dealOut, RateWindow } from '../../shared/rate.ts';

interface Asker {
  readonly count: number;
  readonly answer: (count: number) => void;
}

/** One limit, and those who wait for permits under it, in order of arrival. */
interface Limit {
  readonly window: RateWindow;
  perSecond: number;
  askers: Asker[];
  timer?: NodeJS.Timeout;
}

type PermitLimits = Pick<Config, 'permitBurstMs' | 'permitWaitMs' | 'permitKeysMax'>;

/**
 * Rate limits of the whole cluster, kept by its leader: workers ask for permits in batches, and what is available is
 * shared evenly among all that wait. In the first second of a leader nothing is granted, since the one before may have
 * used it up.
 */
export class PermitDesk implements Disposable {
  readonly #limits = new Map<string, Limit>();
  readonly #config: PermitLimits;
  readonly #clock: () => number;
  readonly #startedMs: number;

  /** @param clock monotonic, in ms */
  constructor(config: PermitLimits, clock: () => number) {
    this.#config = config;
    this.#clock = clock;
    this.#startedMs = clock();
  }

  /**
   * Resolves with how many requests may be made now, at least 1 and at most those asked for; with 0 if there was none
   * within `permitWaitMs`, or nobody wants the answer any more.
   *
   * @throws SheafError `USAGE` for a limit that is none
   */
  ask({ key, perSecond, count }: PermitRequest, signal?: AbortSignal): Promise<number> {
    if (!(perSecond > 0 && Number.isFinite(perSecond) && count >= 1)) throw noLimit(perSecond, count);
    const limit = this.#limit(key);
    limit.perSecond = perSecond;
    const { promise, resolve } = Promise.withResolvers<number>();
    const leave = (): void => asker.answer(0);
    const asker: Asker = {
      count,
      answer: (granted) => {
        clearTimeout(late);
        signal?.removeEventListener('abort', leave);
        limit.askers = limit.askers.filter((each) => each !== asker);
        resolve(granted);
      },
    };
    const late = setTimeout(leave, this.#config.permitWaitMs);
    signal?.addEventListener('abort', leave, { once: true });
    limit.askers.push(asker);
    this.#serve(limit);
    return promise;
  }

  /** Those who still wait are told to ask again: the next leader will answer. */
  [Symbol.dispose](): void {
    for (const limit of this.#limits.values()) {
      clearTimeout(limit.timer);
      for (const { answer } of limit.askers) answer(0);
    }
    this.#limits.clear();
  }

  #serve(limit: Limit): void {
    const nowMs = this.#clock();
    const { window, perSecond, askers } = limit;
    const given = dealOut(
      askers.map(({ count }) => count),
      window.available(nowMs, perSecond),
    );
    const granted = given.reduce((sum, count) => sum + count, 0);
    if (granted > 0) window.take(nowMs, granted);
    for (const [i, asker] of askers.entries()) if ((given[i] ?? 0) > 0) asker.answer(given[i] ?? 0);
    clearTimeout(limit.timer);
    if (limit.askers.length > 0) limit.timer = setTimeout(() => this.#serve(limit), window.waitMs(nowMs, perSecond));
  }

  /** The limit of a key, as the one that was used last. */
  #limit(key: string): Limit {
    const { permitBurstMs, permitKeysMax } = this.#config;
    const known = this.#limits.get(key);
    this.#limits.delete(key);
    const isNew = this.#clock() < this.#startedMs + 1000;
    const limit = known ?? { window: new RateWindow(this.#startedMs, permitBurstMs, isNew), perSecond: 1, askers: [] };
    this.#limits.set(key, limit);
    for (const [old, { askers }] of this.#limits) {
      if (this.#limits.size <= permitKeysMax) break;
      if (askers.length === 0) this.#limits.delete(old);
    }
    return limit;
  }
}

const noLimit = (perSecond: number, count: number): SheafError =>
  new SheafError('USAGE', `${count} requests at ${perSecond} per second are no limit`, {
    next: 'Give a positive number of requests per second.',
  });
