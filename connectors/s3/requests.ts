import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Config } from '../../shared/config/config.ts';
import { objectError } from './errors.ts';
import type { Location } from './location.ts';
import { withRetries } from './retry.ts';
import type { ClientLimits, Sdk } from './sdk.ts';

export type StoreLimits = ClientLimits &
  Pick<Config, 'objectAttemptsMax' | 'objectRetryDelayMs' | 'objectRetryDelayMsMax'>;

/** For calls that nobody aborts. */
export const never: AbortSignal = new AbortController().signal;

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
   * One request, tried again while what it fails of may pass.
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
      return await withRetries(() => attempt(signal), this.limits, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      throw objectError(thrown, what, place);
    }
  }
}
