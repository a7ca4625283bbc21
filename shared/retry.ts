import { setTimeout as pause } from 'node:timers/promises';
import { type Backoff, delayMs } from './backoff.ts';

/** How often, how soon, and after what something is tried again. */
export interface Retries {
  /** How often in all. `Infinity`: until it succeeds or fails for good. */
  readonly attemptsMax: number;
  readonly backoff: Backoff;
  /** Whether the same may succeed a little later. */
  readonly isPassing: (thrown: unknown) => boolean;
  /** The wait that the other side asks for; it takes precedence. */
  readonly askedMs?: (thrown: unknown) => number | undefined;
  /** Told of each failure, also of the last. */
  readonly onFailure?: (thrown: unknown, failures: number) => void;
  /** Ends waits at once; attempts heed it themselves. */
  readonly signal: AbortSignal;
}

/**
 * Tries until it succeeds, fails for good, or has been tried often enough. (Written here because a wait must end with
 * its signal: a run that was cancelled does not sit out what an API asked to wait.)
 *
 * @param attempt is told what the last one threw, if there was one: a change whose answer was lost may be done
 * @throws what the last attempt threw, or the signal's reason
 */
export async function withRetries<T>(attempt: (last: unknown) => Promise<T>, retries: Retries): Promise<T> {
  const { attemptsMax, isPassing, onFailure, signal } = retries;
  let last: unknown;
  for (let failures = 0; ; await pauseAfter(last, failures, retries)) {
    signal.throwIfAborted();
    try {
      return await attempt(last);
    } catch (thrown) {
      signal.throwIfAborted();
      failures += 1;
      onFailure?.(thrown, failures);
      if (failures >= attemptsMax || !isPassing(thrown)) throw thrown;
      last = thrown;
    }
  }
}

/** Returns early if the signal is aborted. */
export async function pauseAfter(
  thrown: unknown,
  failures: number,
  { backoff, askedMs, signal }: Pick<Retries, 'backoff' | 'askedMs' | 'signal'>,
): Promise<void> {
  const waitMs = askedMs?.(thrown) ?? delayMs(backoff, failures, Math.random());
  await pause(waitMs, undefined, { signal }).catch(() => {}); // The loop checks the signal.
}
