import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Config } from '../../shared/config/config.ts';
import { pauseAfter, type Retries, withRetries } from '../../shared/retry.ts';
import { type Failed, failedOf, isPassing, objectError } from './errors.ts';
import type { Location } from './location.ts';
import type { ClientLimits, Sdk } from './sdk.ts';

/** Limits of requests, and of the attempts at each. */
export type StoreLimits = ClientLimits &
  Pick<Config, 'objectAttemptsMax' | 'objectRetryDelayMs' | 'objectRetryDelayMsMax'>;

/** For calls that nobody aborts. */
export const never: AbortSignal = new AbortController().signal;

/** The header by which a server checks a request's body: MD5 in base64. */
export const contentMd5 = (body: Uint8Array): string => createHash('md5').update(body).digest('base64');

/** A client with what all its requests need. */
export class Requests {
  readonly sdk: Sdk;
  readonly client: S3Client;
  readonly limits: StoreLimits;

  constructor(sdk: Sdk, client: S3Client, limits: StoreLimits) {
    this.sdk = sdk;
    this.client = client;
    this.limits = limits;
  }

  /**
   * One request, tried again as long as it fails of something that may pass.
   *
   * @param what for people: `read`
   * @throws SheafError, see `objectError`
   */
  async make<T>(
    what: string,
    place: Location,
    attempt: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    try {
      return await this.attempts(() => attempt(signal), signal);
    } catch (thrown) {
      signal.throwIfAborted();
      throw objectError(thrown, what, place);
    }
  }

  /**
   * Several attempts, as long as they fail of something that may pass.
   *
   * @param attempt is told what the last one failed of: a change whose answer was lost may be done
   * @throws what the last attempt threw
   */
  attempts<T>(attempt: (last: Failed | undefined) => Promise<T>, signal: AbortSignal): Promise<T> {
    const given = (last: unknown) => attempt(last === undefined ? undefined : failedOf(last));
    return withRetries(given, this.#retries(signal));
  }

  /** Before another attempt after so many, for a caller that counts them itself. */
  pause(failures: number, signal: AbortSignal): Promise<void> {
    return pauseAfter(undefined, failures, this.#retries(signal));
  }

  #retries(signal: AbortSignal): Retries {
    const { objectAttemptsMax: attemptsMax, objectRetryDelayMs, objectRetryDelayMsMax } = this.limits;
    const backoff = { firstDelayMs: objectRetryDelayMs, delayMsMax: objectRetryDelayMsMax, jitter: 1 };
    return { attemptsMax, backoff, isPassing: (thrown) => isPassing(failedOf(thrown)), signal };
  }
}
