import { extname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MessageChannel, type ResourceLimits } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Config } from '../../shared/config/config.ts';
import { interrupt } from '../../shared/duckdb/interrupt.ts';
import type { Logger } from '../../shared/log.ts';
import { servePermits } from '../connectors/permit-port.ts';
import type { PermitQueue } from '../connectors/permit-queue.ts';
import { Cancellation } from './cancellation.ts';
import { type PoolMessage, type PoolReply, type ThreadSetUp, usesConnectors } from './protocol.ts';
import { threadDeath } from './thread-death.ts';

/**
 * Node ends a thread at its limit with 16 MiB to spare, in which it must notice; else V8 ends the process. A young
 * generation of 24 MiB never promotes more at once.
 */
const heapLimits = ({ threadHeapBytesMax }: Config): ResourceLimits => ({
  maxOldGenerationSizeMb: Math.floor(threadHeapBytesMax / 2 ** 20),
  maxYoungGenerationSizeMb: 24,
});

/**
 * The worker's threads, one task at a time on each. Piscina never gets a signal: it would call an attempt aborted at
 * once and start the next one while the native query of the first runs on. So a slot stays taken until its thread has
 * really stopped.
 */
export class ThreadPool {
  /**
   * Resolves when a thread cannot be stopped: a native query ignores its interrupts. The worker should drain and exit.
   */
  readonly stuck: Promise<void>;
  readonly #stuck = Promise.withResolvers<void>();
  readonly #piscina: Piscina;
  /** Resolves when every thread has loaded its code. */
  readonly #loaded = Promise.withResolvers<void>();
  readonly #data: ThreadSetUp;

  constructor(threads: number, data: ThreadSetUp, log: Logger) {
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
      resourceLimits: heapLimits(data.config),
    });
    let loaded = 0;
    this.#piscina.on('workerCreate', () => {
      loaded += 1;
      if (loaded >= threads) this.#loaded.resolve();
    });
    // A thread that ended while it had no task, by what a function had left behind; another has taken its place.
    this.#piscina.on('error', (error: Error) => log.warn({ err: error }, 'an idle thread ended'));
  }

  /**
   * Runs one attempt on a free thread.
   *
   * @param signal stops it; the promise then settles when it has stopped
   * @param permits for its sources and sinks
   */
  async run(
    task: Omit<PoolMessage, 'cancellation' | 'permits'>,
    signal: AbortSignal,
    permits?: PermitQueue,
  ): Promise<PoolReply> {
    signal.throwIfAborted();
    const cancellation = new Cancellation();
    const stopped = new AbortController();
    const cancel = () => void this.#cancel(cancellation, stopped.signal);
    signal.addEventListener('abort', cancel, { once: true });
    using doors = new DisposableStack();
    try {
      const poolTask: PoolMessage = { ...task, cancellation: cancellation.buffer };
      if (permits === undefined || !usesConnectors(task)) return (await this.#piscina.run(poolTask)) as PoolReply;
      const { port1, port2 } = new MessageChannel();
      doors.defer(() => port1.close());
      servePermits(port1, permits, AbortSignal.any([signal, stopped.signal]));
      return (await this.#piscina.run({ ...poolTask, permits: port2 }, { transferList: [port2] })) as PoolReply;
    } catch (thrown) {
      return { kind: 'failed', failure: signal.aborted ? { kind: 'cancelled' } : threadDeath(thrown, task.steps) };
    } finally {
      stopped.abort();
      signal.removeEventListener('abort', cancel);
    }
  }

  /**
   * Waits for threads that are just starting: one that is ended while a native library loads takes the process with it.
   */
  async close(): Promise<void> {
    await Promise.race([this.#loaded.promise, pause(this.#data.config.sessionTimeoutMs, undefined, { ref: false })]);
    await this.#piscina.destroy();
  }

  /** Interrupts the attempt until it has stopped; terminates its thread if user code goes on too long. */
  async #cancel(cancellation: Cancellation, stopped: AbortSignal): Promise<void> {
    const { interruptIntervalMs, functionStopGraceMs, nativeStopGraceMs } = this.#data.config;
    const startedMs = performance.now();
    cancellation.request();
    for (let terminating = false; !stopped.aborted; ) {
      // Also while its thread is being terminated: user code may have entered a query at that very moment.
      cancellation.interrupt(interrupt);
      const waitedMs = performance.now() - startedMs;
      if (!terminating && cancellation.inFunction && waitedMs > functionStopGraceMs) {
        terminating = true;
        this.#terminate(cancellation.thread);
      }
      if (waitedMs > nativeStopGraceMs) this.#stuck.resolve();
      await pause(interruptIntervalMs);
    }
  }

  /** Piscina starts another in its place when it has ended, which the attempt's own promise tells. */
  #terminate(id: number): void {
    void this.#piscina.threads.find(({ threadId }) => threadId === id)?.terminate();
  }
}
