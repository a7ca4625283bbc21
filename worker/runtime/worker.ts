import { rmSync } from 'node:fs';
import { SheafError } from '../../shared/errors.ts';
import { Lives } from './lives.ts';
import type { WorkerOptions } from './worker-options.ts';
import { openParts, type WorkerParts } from './worker-parts.ts';

/** A worker process: its databases, one pool of threads, one exchange, and its lives in the cluster. */
export class Worker {
  /** `host:port` at which the others reach its exchange. */
  readonly address: string;
  /** Resolves when the worker is gone and nothing of it is left on disk. */
  readonly closed: Promise<void>;
  readonly #options: WorkerOptions;
  readonly #parts: WorkerParts;
  readonly #lives: Lives;
  readonly #stop = new AbortController();
  #stuck = false;
  #failure: SheafError | undefined;

  private constructor(options: WorkerOptions, parts: WorkerParts) {
    this.#options = options;
    this.#parts = parts;
    this.address = options.advertise ?? parts.exchange.address;
    this.#lives = new Lives(options, parts, this.address);
    this.closed = this.#live().finally(() => this.#close());
    void parts.pool.stuck.then(() => this.#leaveStuck());
    void parts.exchange.crashed.then((error) => this.#fail(error));
  }

  /** @throws SheafError `CONFIG_INVALID` if there is less memory than the threads need */
  static async start(options: WorkerOptions): Promise<Worker> {
    return new Worker(options, await openParts(options));
  }

  /** Takes no new tasks, and goes when nobody needs its data any more (or `drainLimitMs` has passed). */
  drain(): void {
    if (!this.#lives.drain()) this.stop();
  }

  /** Goes now. */
  stop(): void {
    this.#stop.abort();
  }

  async #live(): Promise<void> {
    await this.#lives.live(this.#stop.signal);
    if (this.#failure) throw this.#failure;
  }

  /** A thread does not come back from native code: the others may finish, nothing new is begun. */
  #leaveStuck(): void {
    this.#stuck = true;
    const { config, log } = this.#options;
    const { code, next, message } = stuck(config.nativeStopGraceMs);
    log.fatal({ code, next }, message);
    this.drain();
  }

  /** Without its exchange a worker is of no use: it leaves, and says why. */
  #fail(error: SheafError): void {
    this.#failure = error;
    this.#options.log.fatal({ err: error, next: error.next }, `the worker cannot go on: ${error.message}`);
    this.stop();
  }

  /** Whatever cannot be closed, the files go. */
  async #close(): Promise<void> {
    const { store, dataDirectory, log } = this.#options;
    const close = async (): Promise<void> => {
      await this.#parts.runner.dropAll();
      if (!this.#stuck) await this.#parts.pool.close();
      await this.#parts.exchange.close();
      if (!this.#stuck) this.#parts.databases[Symbol.dispose]();
      await (await store).close();
    };
    await close().catch((error: unknown) => log.warn({ err: SheafError.from(error) }, 'not everything closed'));
    rmSync(dataDirectory, { recursive: true, force: true });
    // Neither a return nor `process.exit` ends a process while one of its threads is in native code.
    if (this.#stuck) process.kill(process.pid, 'SIGKILL');
  }
}

const stuck = (graceMs: number): SheafError =>
  new SheafError('INTERNAL', `a thread ignores its cancel since ${graceMs} ms: the worker drains and ends`, {
    next: 'Start the worker again. If this recurs, look at what the query did: it ran in one operator for all that time.',
  });
