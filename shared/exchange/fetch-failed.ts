import { type ErrorData, SheafError } from '../errors.ts';
import type { ProducerRef, TaskFailure } from '../failure.ts';
import { stageId, workerId } from '../ids.ts';

/**
 * The error for a producer's output that is missing, cut short or damaged. It names the producer in its details, so
 * that it survives threads and wires as data; `fetchFailureOf` reads it back.
 */
export function fetchFailed(producer: ProducerRef, thrown: unknown): SheafError {
  const cause = SheafError.from(thrown);
  if (cause.code === 'FETCH_FAILED') return cause;
  const { stage, task, attempt, worker } = producer;
  return new SheafError(
    'FETCH_FAILED',
    `The output of stage ${stage}, task ${task}, attempt ${attempt} on worker ${worker} could not be read: ${cause.message}`,
    {
      cause,
      retryable: true,
      next: 'That task runs again by itself. If this recurs, look at that worker: its disk, its memory, its network.',
      details: { stage, task, attempt, worker, because: cause.code },
    },
  );
}

/** The failure that a task reports when reading its input ended in this error; undefined for any other error. */
export function fetchFailureOf(error: ErrorData): (TaskFailure & { kind: 'fetchFailed' }) | undefined {
  const { stage, task, attempt, worker } = error.details ?? {};
  if (error.code !== 'FETCH_FAILED' || typeof worker !== 'string') return undefined;
  const producer = {
    stage: stageId(Number(stage)),
    task: Number(task),
    attempt: Number(attempt),
    worker: workerId(worker),
  };
  return { kind: 'fetchFailed', producer, error };
}
