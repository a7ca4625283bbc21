import type { ErrorData } from './errors.ts';
import type { StageId, WorkerId } from './ids.ts';

/** Where an attempt's output lies: what a reader needs to name when a fetch fails. */
export interface ProducerRef {
  readonly stage: StageId;
  readonly task: number;
  readonly attempt: number;
  readonly worker: WorkerId;
}

/**
 * Why an attempt ended without output. The kind decides what is retried and what it costs:
 *
 * | kind        | then                                                                              |
 * | ----------- | --------------------------------------------------------------------------------- |
 * | fetchFailed | the producing task runs again; the reader waits for it and loses no attempt       |
 * | workerLost  | the task runs elsewhere and loses no attempt (a poison count bounds it)           |
 * | outOfMemory | costs an attempt; the next one runs alone on its worker                           |
 * | taskError   | costs an attempt if `error.retryable`, otherwise fails the job at once            |
 * | cancelled   | nothing: the coordinator asked for it                                             |
 */
export type TaskFailure =
  | { readonly kind: 'fetchFailed'; readonly producer: ProducerRef; readonly error: ErrorData }
  | { readonly kind: 'workerLost'; readonly error: ErrorData }
  | { readonly kind: 'outOfMemory'; readonly error: ErrorData }
  | { readonly kind: 'taskError'; readonly error: ErrorData }
  | { readonly kind: 'cancelled' };
