import { extname } from 'node:path';
import { Piscina } from 'piscina';
import { interrupt } from '../../shared/duckdb/interrupt.ts';
import { SheafError } from '../../shared/errors.ts';
import { Cancellation } from './cancellation.ts';
import type { PoolReply, PoolTask, ThreadData } from './protocol.ts';

/**
 * The worker's threads, one task at a time on each. Piscina never gets a signal: it would call an attempt aborted at
 * once and start the next one while the native query of the first runs on. So a slot stays taken until its thread has
 * really stopped.
 */
export class ThreadPool {
  /** Resolves when a thread cannot be stopped: a native query ignores its interrupts. The worker should drain and exit. */
  readonly stuck: Promise<void>;
  readonly #stuck = Promise.withResolvers<void>();
  readonly #piscina: Piscina;
  readonly #data: ThreadData;

  constructor(threads: number, data: ThreadData) {
    this.#data = data;
    this.stuck = this.#stuck.promise;
    this.#piscina = new Piscina({
      filename: new URL(`./thread${extname(import.meta.url)}`, import.meta.url).href,
      name: 'run',
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      workerData: data,
    });
  }

  /**
   * Runs one attempt on a free thread.
   *
   * @param signal stops it; the promise then settles when it has stopped
   */
  async run(task: Omit<PoolTask, 'cancellation'>, signal: AbortSignal): Promise<PoolReply> {
    signal.throwIfAborted();
    const cancellation = new Cancellation();
    const stopped = new AbortController();
    const cancel = () => void this.#cancel(cancellation, stopped.signal);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return (await this.#piscina.run({ ...task, cancellation: cancellation.buffer } satisfies PoolTask)) as PoolReply;
    } catch (thrown) {
      return threadDied(thrown, signal);
    } finally {
      stopped.abort();
      signal.removeEventListener('abort', cancel);
    }
  }

  async close(): Promise<void> {
    await this.#piscina.destroy();
  }

  /** Interrupts the attempt until it has stopped; terminates its thread if user code goes on too long. */
  async #cancel(cancellation: Cancellation, stopped: AbortSignal): Promise<void> {
    const { interruptIntervalMs, functionStopGraceMs, nativeStopGraceMs } = this.#data.config;
    const startedMs = performance.now();
    cancellation.request();
    while (!stopped.aborted) {
      cancellation.interrupt(interrupt);
      const waitedMs = performance.now() - startedMs;
      if (cancellation.inFunction && waitedMs > functionStopGraceMs) return await this.#terminate(cancellation.thread);
      if (waitedMs > nativeStopGraceMs) this.#stuck.resolve();
      await new Promise((resolve) => setTimeout(resolve, interruptIntervalMs));
    }
  }

  /** Piscina starts another in its place. */
  async #terminate(id: number): Promise<void> {
    await this.#piscina.threads.find(({ threadId }) => threadId === id)?.terminate();
  }
}

/** A thread that ended under an attempt was stopped by us, or ran out of JavaScript memory. */
function threadDied(thrown: unknown, signal: AbortSignal): PoolReply {
  if (signal.aborted) return { kind: 'failed', failure: { kind: 'cancelled' } };
  const { message, code } = thrown as NodeJS.ErrnoException;
  const lack = code === 'ERR_WORKER_OUT_OF_MEMORY';
  const error = new SheafError(lack ? 'OUT_OF_MEMORY' : 'INTERNAL', `The task's thread ended: ${message}`, {
    cause: thrown,
    retryable: true,
    next: lack ? 'Work on smaller batches in the function, or give it less data per task.' : 'See the worker’s log.',
  }).toData();
  return { kind: 'failed', failure: { kind: lack ? 'outOfMemory' : 'taskError', error } };
}
