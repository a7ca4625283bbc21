import { mkdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SheafError } from '../../shared/errors.ts';
import { followLeader, type Leader } from '../../shared/store/membership/leader.ts';
import { members } from '../../shared/store/membership/membership.ts';
import { type Registration, register } from '../../shared/store/membership/registration.ts';
import type { Store } from '../../shared/store/store.ts';
import { version } from '../../shared/version.ts';
import { Exchange } from '../exchange/exchange.ts';
import { ThreadPool } from '../pool/pool.ts';
import { Bundles } from './bundles.ts';
import { Databases } from './databases.ts';
import { checkMemory, defaultMemoryBytes } from './memory.ts';
import { Session } from './session.ts';
import { TaskRunner } from './task-runner.ts';
import { UsageMeter } from './usage-meter.ts';
import type { WorkerOptions } from './worker-options.ts';

/** Where the databases spill, in the worker's directory. */
const spillDirectories = ['spill', 'spill-wide', 'spill-machine'] as const;
const [spill, spillOfWide, spillOfMachine] = spillDirectories;

/**
 * A worker process: one DuckDB database, one pool of threads, one exchange, one session with the leader at a time. When
 * a session or its lease is lost, its tasks stop, its data goes, and it joins again as another incarnation.
 */
export class Worker {
  /** Resolves when the worker is gone and nothing of it is left on disk. */
  readonly closed: Promise<void>;
  readonly #options: WorkerOptions;
  readonly #stop = new AbortController();
  readonly #databases: Databases;
  readonly #exchange: Exchange;
  readonly #pool: ThreadPool;
  readonly #runner: TaskRunner;
  #session: Session | undefined;
  #draining = false;
  #stuck = false;
  #failure: SheafError | undefined;
  #complaint = '';

  private constructor(
    options: WorkerOptions,
    databases: Databases,
    exchange: Exchange,
    pool: ThreadPool,
    memoryLimitBytes: number,
  ) {
    this.#options = options;
    this.#databases = databases;
    this.#exchange = exchange;
    this.#pool = pool;
    const bundles = new Bundles(join(options.dataDirectory, 'blobs'));
    const spills = spillDirectories.map((name) => join(options.dataDirectory, name));
    const usage = new UsageMeter(spills, { config: options.config, memoryLimitBytes, log: options.log });
    this.#runner = new TaskRunner({ exchange, pool, bundles, databases, usage, log: options.log });
    this.closed = this.#live().finally(() => this.#close());
    void pool.stuck.then(() => this.#leaveStuck());
    void exchange.crashed.then((error) => this.#fail(error));
  }

  static async start(options: WorkerOptions): Promise<Worker> {
    const { threads, wideThreads = threads, dataDirectory, token, config, listen } = options;
    const memoryLimitBytes = options.memoryLimitBytes ?? (await memoryShare(options));
    checkMemory(memoryLimitBytes, threads, config.slotMemoryBytesMin);
    const directory = (name: string): string => join(dataDirectory, name);
    for (const name of ['temp', 'exchange']) mkdirSync(directory(name), { recursive: true, mode: 0o700 });
    const exchanging = Exchange.start({ root: directory('exchange'), listen, token, config });
    const machineMemoryBytes = Math.max(memoryLimitBytes, options.machineMemoryBytes ?? 0);
    const databases = new Databases({
      shared: { memoryLimitBytes, tempDirectory: directory(spill) },
      wide: { threads: wideThreads, memoryLimitBytes, tempDirectory: directory(spillOfWide) },
      machine: { threads: wideThreads, memoryLimitBytes: machineMemoryBytes, tempDirectory: directory(spillOfMachine) },
    });
    const exchange = await exchanging;
    const threadData = {
      workerName: `${hostname()}:${process.pid}`,
      exchangeRoot: directory('exchange'),
      exchangeQuota: exchange.quota.memory,
      tempRoot: directory('temp'),
      blobRoot: directory('blobs'),
      secretsFolder: options.secretsFolder,
      ...(options.logging ? { logging: options.logging } : {}),
      config,
    };
    const pool = new ThreadPool(threads, threadData, options.log);
    return new Worker(options, databases, exchange, pool, machineMemoryBytes);
  }

  /** `host:port` at which the others reach its exchange. */
  get address(): string {
    return this.#options.advertise ?? this.#exchange.address;
  }

  /** Takes no new tasks, and goes when nobody needs its data any more (or `drainLimitMs` has passed). */
  drain(): void {
    this.#draining = true;
    if (this.#session) this.#session.drain();
    else this.stop();
  }

  /** Goes now. */
  stop(): void {
    this.#stop.abort();
  }

  async #live(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted && !this.#draining) {
      try {
        await this.#oneLife(signal);
      } catch (thrown) {
        if (signal.aborted) break;
        this.#complain(SheafError.from(thrown));
        await pause(this.#options.config.reconnectIntervalMs, undefined, { signal }).catch(() => signal.aborted);
      }
    }
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

  async #oneLife(stop: AbortSignal): Promise<void> {
    const { cluster, config, log } = this.#options;
    const store = await this.#options.store;
    const leader = await this.#findLeader(store, stop);
    if (!leader) return;
    const lifeOver = new AbortController();
    await using registration = await register({
      store,
      cluster,
      info: this.#info(),
      config,
      log,
      onIncarnation: () => lifeOver.abort(),
    });
    try {
      await this.#serve(leader, registration, AbortSignal.any([stop, lifeOver.signal]));
    } finally {
      await this.#runner.dropAll();
    }
  }

  async #serve(leader: Leader, { incarnation }: Registration, signal: AbortSignal): Promise<void> {
    const { threads, token, config, log } = this.#options;
    const session = new Session({
      leader,
      worker: incarnation,
      slots: threads,
      exchangeAddress: this.address,
      runner: this.#runner,
      exchangeBytes: () => this.#exchange.quota.bytes,
      token,
      config,
      log: log.child({ worker: incarnation }),
    });
    this.#session = session;
    this.#exchange.worker = incarnation;
    const over = new AbortController();
    const outdated = new AbortController();
    void this.#watchLeader(leader, over.signal, outdated);
    this.#complaint = '';
    try {
      await session.serve(AbortSignal.any([signal, outdated.signal]));
    } finally {
      over.abort();
      this.#session = undefined;
    }
  }

  /** A leader that is paused or cut off breaks no stream: the store knows of its successor first. */
  async #watchLeader(served: Leader, signal: AbortSignal, outdated: AbortController): Promise<void> {
    const { cluster, config } = this.#options;
    const store = await this.#options.store;
    for await (const leader of followLeader(store, cluster, { config, signal })) {
      if (!leader || leader.epoch <= served.epoch) continue;
      outdated.abort(new SheafError('STALE_EPOCH', `${leader.address} leads now, under epoch ${leader.epoch}`));
      return;
    }
  }

  async #findLeader(store: Store, signal: AbortSignal): Promise<Leader | undefined> {
    const { cluster, config } = this.#options;
    const onError = (error: SheafError) => this.#complain(error);
    for await (const leader of followLeader(store, cluster, { config, signal, onError })) if (leader) return leader;
    return undefined;
  }

  #info() {
    const { threads } = this.#options;
    const { address } = this;
    return {
      address,
      exchangeAddress: address,
      slots: threads,
      version,
      host: hostname(),
      pid: process.pid,
      startedMs: Date.now(),
    };
  }

  /** What will not get better by itself is an error; a leader that went is news. */
  #complain(error: SheafError): void {
    const { log } = this.#options;
    if (error.code === 'VERSION_MISMATCH' || error.code === 'UNAUTHENTICATED') {
      log.error({ code: error.code, next: error.next }, error.message);
      throw error;
    }
    if (error.message === this.#complaint) return; // Told once, however often it is tried again.
    this.#complaint = error.message;
    log.warn({ code: error.code }, `not in session with a leader: ${error.message}`);
  }

  /** Whatever cannot be closed, the files go. */
  async #close(): Promise<void> {
    const { store, dataDirectory, log } = this.#options;
    const close = async (): Promise<void> => {
      await this.#runner.dropAll();
      if (!this.#stuck) await this.#pool.close();
      await this.#exchange.close();
      if (!this.#stuck) this.#databases[Symbol.dispose]();
      await (await store).close();
    };
    await close().catch((error: unknown) => log.warn({ err: SheafError.from(error) }, 'not everything closed'));
    rmSync(dataDirectory, { recursive: true, force: true });
    // Neither a return nor `process.exit` ends a process while one of its threads is in native code.
    if (this.#stuck) process.kill(process.pid, 'SIGKILL');
  }
}

/** This worker's part of the host's memory: it shares the host with the members that are there already. */
async function memoryShare({ store, cluster }: WorkerOptions): Promise<number> {
  const here = (await members(await store, cluster)).filter(({ host }) => host === hostname());
  return defaultMemoryBytes(here.length + 1);
}

const stuck = (graceMs: number): SheafError =>
  new SheafError('INTERNAL', `a thread ignores its cancel since ${graceMs} ms: the worker drains and ends`, {
    next: 'Start the worker again. If this recurs, look at what the query did: it ran in one operator for all that time.',
  });
