import type { Backoff } from '../../../shared/backoff.ts';
import type { Config } from '../../../shared/config/config.ts';
import type { ErrorCode, ErrorData } from '../../../shared/errors.ts';

/**
 * After these the same work may succeed, or nobody knows how it ended: nothing is visible yet, so it may begin anew.
 */
const worthRetrying: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'WORKERS_LOST',
  'JOB_LOST',
  'RESULT_GONE',
  'FETCH_FAILED',
  'DEADLINE',
  'UNREACHABLE',
  'STORE_UNREACHABLE',
  'STAGED_LOST',
]);

/** Whether another attempt may succeed where this error ended one. */
export const isRetryable = ({ retryable, code }: ErrorData): boolean => retryable === true || worthRetrying.has(code);

/** What was decided is tried until it is done. */
export const commitBackoff = (limits: Pick<Config, 'commitRetryMs' | 'commitRetryMsMax'>): Backoff => ({
  firstDelayMs: limits.commitRetryMs,
  delayMsMax: limits.commitRetryMsMax,
});
