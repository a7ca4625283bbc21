import { Database, type DatabaseOptions } from '../../shared/duckdb/database.ts';

/**
 * A database of wide attempts: as many threads as the worker has slots work on one query. Callbacks into JavaScript
 * would arrive on foreign threads and wait there for ever, so it runs SQL over files only. It may take what the shared
 * database may: a wide attempt is alone on its worker, and idle databases hold next to nothing.
 */
export class WideDatabase implements Disposable {
  readonly #options: DatabaseOptions;
  #database: Database | undefined;

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  /** Opened when it is first needed. */
  get address(): bigint {
    this.#database ??= Database.open(this.#options);
    return this.#database.address;
  }

  [Symbol.dispose](): void {
    this.#database?.[Symbol.dispose]();
    this.#database = undefined;
  }
}

/** Those of a worker: with its own memory, and with that of all workers of the machine, for attempts that have it to themselves. */
export class WideDatabases implements Disposable {
  readonly #own: WideDatabase;
  readonly #machine: WideDatabase;

  /** @param options each with a folder of its own to spill to */
  constructor({ own, machine }: { readonly own: DatabaseOptions; readonly machine: DatabaseOptions }) {
    this.#own = new WideDatabase(own);
    this.#machine = machine.memoryLimitBytes > own.memoryLimitBytes ? new WideDatabase(machine) : this.#own;
  }

  /** @param machine whether the attempt has the machine to itself */
  address(machine: boolean): bigint {
    return (machine ? this.#machine : this.#own).address;
  }

  [Symbol.dispose](): void {
    this.#own[Symbol.dispose]();
    this.#machine[Symbol.dispose]();
  }
}
