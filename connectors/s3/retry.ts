import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../shared/config/config.ts';
import { type Failed, failedOf, isPassing } from './errors.ts';

export type RetryLimits = Pick<Config, 'objectAttemptsMax' | 'objectRetryDelayMs' | 'objectRetryDelayMsMax'>;

/**
 * The wait before an attempt: drawn evenly up to a bound that doubles (AWS's "full jitter").
 *
 * @param attempt the one that failed, from 1
 * @param random in [0, 1)
 */
export const delayMs = (attempt: number, random: number, limits: RetryLimits): number =>
  random * Math.min(limits.objectRetryDelayMsMax, limits.objectRetryDelayMs * 2 ** (attempt - 1));

/**
 * Tries until it succeeds, fails for good, or has been tried `objectAttemptsMax` times.
 *
 * @param attempt is told what the last one failed of, if there was one: a change whose answer was lost may be done
 * @throws what the last attempt threw
 */
export async function withRetries<T>(
  attempt: (last: Failed | undefined) => Promise<T>,
  limits: RetryLimits,
  signal: AbortSignal,
): Promise<T> {
  let last: Failed | undefined;
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    try {
      return await attempt(last);
    } catch (thrown) {
      signal.throwIfAborted();
      last = failedOf(thrown);
      if (!isPassing(last) || tries >= limits.objectAttemptsMax) throw thrown;
    }
    await pause(delayMs(tries, Math.random(), limits), undefined, { signal });
  }
}
