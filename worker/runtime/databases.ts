import type { DatabaseOptions } from '../../shared/duckdb/database.ts';
import { breaksDatabase } from '../../shared/duckdb/errors.ts';
import type { TaskSpec } from '../../shared/stage/task.ts';
import type { PoolMessage, PoolReply } from '../pool/protocol.ts';
import { RenewableDatabase } from './renewable-database.ts';

/** How the databases of a worker are opened, each with a folder of its own to spill to. */
export interface DatabasesOptions {
  /** Of all attempts: one thread for each query. */
  readonly shared: DatabaseOptions;
  /** Of wide attempts. */
  readonly wide: DatabaseOptions;
  /** Of wide attempts that have the memory of all workers of the machine. */
  readonly machine: DatabaseOptions;
}

/**
 * A worker's databases: one that its attempts share, and those of wide attempts, in which as many threads as the worker
 * has slots work on one query. Callbacks into JavaScript would arrive on foreign threads and wait there for ever, so
 * these run SQL over files only. They may take what the shared one may: a wide attempt is alone on its worker, and idle
 * databases hold next to nothing.
 */
export class Databases implements Disposable {
  readonly #shared: RenewableDatabase;
  readonly #wide: RenewableDatabase;
  readonly #machine: RenewableDatabase;

  constructor({ shared, wide, machine }: DatabasesOptions) {
    this.#shared = new RenewableDatabase(shared);
    this.#wide = new RenewableDatabase(wide);
    this.#machine = machine.memoryLimitBytes > wide.memoryLimitBytes ? new RenewableDatabase(machine) : this.#wide;
    this.#shared.open();
  }

  /** Runs an attempt with what it needs of them; one that broke them leaves new ones to those after it. */
  async using(
    task: Pick<TaskSpec, 'wide' | 'machine'>,
    run: (databases: Pick<PoolMessage, 'shared' | 'wideDatabase'>) => Promise<PoolReply>,
  ): Promise<PoolReply> {
    using shared = this.#shared.lend();
    using wide = task.wide ? (task.machine ? this.#machine : this.#wide).lend() : undefined;
    const reply = await run({
      shared: shared.database.forThreads,
      ...(wide === undefined ? {} : { wideDatabase: wide.database.address }),
    });
    if (reply.kind === 'failed' && 'error' in reply.failure && breaksDatabase(reply.failure.error))
      for (const loan of [shared, wide]) loan?.replace();
    return reply;
  }

  [Symbol.dispose](): void {
    for (const database of [this.#shared, this.#wide, this.#machine]) database[Symbol.dispose]();
  }
}
