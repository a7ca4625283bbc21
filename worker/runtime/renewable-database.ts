import { Database, type DatabaseOptions } from '../../shared/duckdb/database.ts';

/** A database in use. It stays open until this is disposed of. */
export interface Loan extends Disposable {
  readonly database: Database;
  /** A query has broken it: nobody gets it any more. */
  replace(): void;
}

interface Opened {
  readonly database: Database;
  loans: number;
  isReplaced: boolean;
}

/**
 * A database that is opened when it is first needed, and anew when a query has broken it: after an error of its own
 * making DuckDB refuses all further work of a database, also that of others.
 */
export class RenewableDatabase implements Disposable {
  readonly #options: DatabaseOptions;
  #current: Opened | undefined;

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  /** @throws SheafError `CONFIG_INVALID` naming the setting that DuckDB refuses */
  open(): Opened {
    this.#current ??= { database: Database.open(this.#options), loans: 0, isReplaced: false };
    return this.#current;
  }

  lend(): Loan {
    const opened = this.open();
    opened.loans += 1;
    return {
      database: opened.database,
      replace: () => {
        opened.isReplaced = true;
        if (this.#current === opened) this.#current = undefined;
      },
      [Symbol.dispose]: () => {
        opened.loans -= 1;
        if (opened.isReplaced && opened.loans === 0) opened.database[Symbol.dispose]();
      },
    };
  }

  [Symbol.dispose](): void {
    this.#current?.database[Symbol.dispose]();
    this.#current = undefined;
  }
}
