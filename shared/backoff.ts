/** How long to wait before another attempt: a bound that doubles with each failure. */
export interface Backoff {
  readonly firstDelayMs: number;
  readonly delayMsMax: number;
  /**
   * The share of the bound that is random, from 0 (the default) to 1, so that callers that failed together do not come
   * back together.
   */
  readonly jitter?: number;
}

/**
 * The wait after so many failures. With a jitter of 1 it is what AWS calls "full jitter". Pure.
 *
 * @param failures at least 1
 * @param random in [0, 1]: looked at only where there is jitter
 */
export function delayMs({ firstDelayMs, delayMsMax, jitter = 0 }: Backoff, failures: number, random = 0): number {
  const bound = Math.min(delayMsMax, firstDelayMs * 2 ** Math.min(failures - 1, 40));
  return bound * (1 - jitter + jitter * random);
}
