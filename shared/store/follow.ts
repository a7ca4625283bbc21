import { once } from 'node:events';
import type { Config } from '../config/config.ts';
import { SheafError } from '../errors.ts';
import type { Entry, Store } from './store.ts';

/** How a prefix of the store is followed. */
export interface FollowOptions {
  readonly config: Config;
  /** Ends the iteration, without an error. */
  readonly signal: AbortSignal;
  /** Hears of each time the store could not be listed; the last state then still holds. */
  readonly onError?: ((error: SheafError) => void) | undefined;
}

/**
 * The entries under a prefix: as they are now, and again whenever they have changed. Listing is the truth; the watch
 * only says when, and the store is listed every `storeRelistMs` anyway, so that no lost connection and no compaction
 * can hide a change for longer. Changes that follow each other quickly are seen as one.
 */
export async function* follow(store: Store, prefix: string, options: FollowOptions): AsyncGenerator<readonly Entry[]> {
  const { signal } = options;
  using hints = new Hints(store, prefix);
  let seen: string | undefined;
  while (!signal.aborted) {
    const entries = await listed(store, prefix, options);
    const state = entries?.map(({ key, revision }) => `${key} ${revision}`).join('\n');
    if (entries && state !== seen && !signal.aborted) {
      seen = state;
      yield entries;
    }
    await hints.next(entries ? options.config.storeRelistMs : options.config.storeRetryMs, signal);
  }
}

async function listed(store: Store, prefix: string, { onError }: FollowOptions): Promise<readonly Entry[] | undefined> {
  try {
    return await store.list(prefix);
  } catch (thrown) {
    onError?.(SheafError.from(thrown));
    return undefined;
  }
}

/** Hints of a watch, so kept that none between two waits is missed. */
class Hints implements Disposable {
  readonly #target = new EventTarget();
  readonly #watch: Disposable;
  #waiting = false;

  constructor(store: Store, prefix: string) {
    this.#watch = store.watch(prefix, () => {
      this.#waiting = true;
      this.#target.dispatchEvent(new Event('hint'));
    });
  }

  /** Waits for a hint, the time, or the signal, whichever comes first. */
  async next(withinMs: number, signal: AbortSignal): Promise<void> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), withinMs);
    const woken = AbortSignal.any([signal, timeout.signal]);
    if (!this.#waiting) await once(this.#target, 'hint', { signal: woken }).catch(() => {}); // Time or the end.
    this.#waiting = false;
    clearTimeout(timer);
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }
}
