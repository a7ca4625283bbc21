import type { RetryPolicy } from '../../../pipeline/document.ts';
import type { ErrorCode, ErrorData } from '../../../shared/errors.ts';

/** After these the same work may succeed, or nobody knows how it ended: nothing is visible yet, so it may begin anew. */
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

export const isRetryable = ({ retryable, code }: ErrorData): boolean => retryable === true || worthRetrying.has(code);

/** How long to wait after so many failures, at least one: doubles each time, up to the policy's limit. */
export const retryDelayMs = ({ firstDelayMs, delayMsMax }: Omit<RetryPolicy, 'attempts'>, failures: number): number =>
  Math.min(delayMsMax, firstDelayMs * 2 ** Math.min(failures - 1, 40));
