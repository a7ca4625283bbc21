import { type ErrorData, SheafError } from '../../shared/errors.ts';
import type { TaskFailure } from '../../shared/failure.ts';
import type { Step } from '../../shared/stage/step.ts';

/** Why a thread ended under an attempt, from what Node says of it. Only user code can do that: all else is our bug. */
export function threadDeath(thrown: unknown, steps: readonly Step[]): TaskFailure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const functions = steps.flatMap((step) => (step.kind === 'function' ? [step.bundle.name] : [])).join(', ');
  if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return { kind: 'outOfMemory', error: outOfHeap(functions, error) };
  }
  const data =
    functions === '' ? ended('INTERNAL', `The task's thread ended: ${error.message}`, error) : fault(functions, error);
  return { kind: 'taskError', error: data };
}

const outOfHeap = (functions: string, cause: Error): ErrorData =>
  new SheafError('OUT_OF_MEMORY', `JavaScript's memory ran out in ${functions || 'a task'}`, {
    cause,
    retryable: true,
    next: 'Work on smaller batches in the function, keep nothing between them, or raise SHEAF_THREAD_HEAP_BYTES_MAX.',
  }).toData();

/** Piscina has only this text for a thread that exited. */
function fault(functions: string, error: Error): ErrorData {
  const code = /^worker exited with code: (-?\d+)$/.exec(error.message)?.[1];
  if (code !== undefined) {
    return ended('FUNCTION_THREW', `${functions} ended its thread by process.exit(${code})`, error, {
      next: 'A function must not end the process that runs it: throw an error instead.',
    });
  }
  return ended(
    'FUNCTION_THREW',
    `${functions} threw where nothing catches it: ${error.name}: ${error.message}`,
    error,
    {
      next: 'Await every promise and catch errors in callbacks: what is thrown there ends the thread.',
    },
  );
}

/** Retryable: what ended the thread may have been left behind by an earlier task. */
const ended = (
  code: 'FUNCTION_THREW' | 'INTERNAL',
  message: string,
  cause: Error,
  { next = 'See the worker’s log.' }: { readonly next?: string } = {},
): ErrorData =>
  new SheafError(code, message, { cause, retryable: true, next, details: { stack: cause.stack ?? '' } }).toData();
