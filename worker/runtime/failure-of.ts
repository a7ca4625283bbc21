import type { SheafError } from '../../shared/errors.ts';
import { fetchFailureOf } from '../../shared/exchange/fetch-failed.ts';
import type { TaskFailure } from '../../shared/failure.ts';

/** The kind that decides what happens next, from the error that ended the attempt. */
export function failureOf(error: SheafError, cancelled: boolean): TaskFailure {
  if (cancelled || error.code === 'CANCELLED') return { kind: 'cancelled' };
  const data = error.toData();
  if (error.code === 'OUT_OF_MEMORY') return { kind: 'outOfMemory', error: data };
  return fetchFailureOf(data) ?? { kind: 'taskError', error: data };
}
