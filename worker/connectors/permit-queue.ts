import { SheafError } from '../../shared/errors.ts';
import { dealOut } from '../../shared/rate.ts';

/** Asks for up to so many permits under a limit; resolves with how many are granted. 0: ask again. */
export type AskPermits = (key: string, perSecond: number, count: number) => Promise<number>;

interface Waiting {
  readonly count: number;
  readonly settle: PromiseWithResolvers<number>;
}

/**
 * Gathers what many wait for into one question at a time for each key: further callers queue while it is under way.
 * What is granted is shared evenly.
 */
export class PermitQueue {
  readonly #ask: AskPermits;
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(ask: AskPermits) {
    this.#ask = ask;
  }

  /**
   * Resolves with at least 1 and at most `count`.
   *
   * @throws SheafError what the question failed with, or the signal's reason
   */
  take(key: string, perSecond: number, count: number, signal?: AbortSignal): Promise<number> {
    if (signal?.aborted) return Promise.reject(SheafError.from(signal.reason));
    const waiting: Waiting = { count, settle: Promise.withResolvers<number>() };
    const leave = (): void => this.#leave(key, waiting, SheafError.from(signal?.reason));
    signal?.addEventListener('abort', leave, { once: true });
    const queue = this.#waiting.get(key);
    if (queue !== undefined) queue.push(waiting);
    else {
      this.#waiting.set(key, [waiting]);
      void this.#serve(key, perSecond);
    }
    return waiting.settle.promise.finally(() => signal?.removeEventListener('abort', leave));
  }

  #leave(key: string, waiting: Waiting, reason: SheafError): void {
    const queue = this.#waiting.get(key) ?? [];
    const at = queue.indexOf(waiting);
    if (at >= 0) queue.splice(at, 1);
    waiting.settle.reject(reason);
  }

  /** Until nobody waits. */
  async #serve(key: string, perSecond: number): Promise<void> {
    try {
      // All that ask within one turn are one question.
      await Promise.resolve();
      for (let queue = this.#waiting.get(key) ?? []; queue.length > 0; ) {
        const wanted = queue.reduce((sum, { count }) => sum + count, 0);
        const granted = await this.#ask(key, perSecond, wanted);
        const given = dealOut(
          queue.map(({ count }) => count),
          granted,
        );
        const served = queue.map((waiting, i) => ({ waiting, count: given[i] ?? 0 })).filter(({ count }) => count > 0);
        for (const { waiting, count } of served) {
          queue.splice(queue.indexOf(waiting), 1);
          waiting.settle.resolve(count);
        }
      }
      this.#waiting.delete(key);
    } catch (failed) {
      const queue = this.#waiting.get(key) ?? [];
      this.#waiting.delete(key);
      for (const { settle } of queue) settle.reject(failed);
    }
  }
}
