import { Database, type DatabaseOptions } from '../../shared/duckdb/database.ts';

/**
 * The database of wide attempts: as many threads as the worker has slots work on one query. Callbacks into JavaScript
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
