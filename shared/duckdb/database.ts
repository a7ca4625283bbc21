import { assert, SheafError } from '../errors.ts';
import { duckdb } from './api.ts';
import { Connection } from './connection.ts';
import { duckdbError } from './errors.ts';
import type { Address, Out } from './library.ts';

export interface DatabaseOptions {
  /** What DuckDB's buffers may take in memory, over all connections, before they spill. */
  readonly memoryLimitBytes: number;
  /** Where they spill. Created when first needed. */
  readonly tempDirectory: string;
  /** What may be spilled. Default: DuckDB's own, 90 % of the free space. */
  readonly maxTempBytes?: number;
  /** Threads of one query. With 1, callbacks into JavaScript arrive on the thread that called: inputs need it. */
  readonly threads?: number;
}

/**
 * An in-memory DuckDB database: one per process, shared by its threads through `address`. All its connections share one
 * memory limit, one spill directory and one file cache. Its configuration is locked.
 */
export class Database implements Disposable {
  #address: Address | undefined;

  private constructor(address: Address) {
    this.#address = address;
  }

  /** Pass it to `Connection.open`, on any thread, while this object lives. */
  get address(): Address {
    assert(this.#address !== undefined, 'the database is open');
    return this.#address;
  }

  /** @throws SheafError `CONFIG_INVALID` naming the setting that DuckDB refuses */
  static open(options: DatabaseOptions): Database {
    const configuration: Out = [null];
    duckdb.createConfig(configuration);
    try {
      for (const [name, value] of Object.entries(configurationOf(options))) set(configuration, name, value);
      const database = new Database(openWith(configuration));
      using connection = Connection.open(database.address);
      connection.execute(afterOpening(options));
      return database;
    } finally {
      duckdb.destroyConfig(configuration);
    }
  }

  /** Connections still open keep the database alive until they are disposed of. */
  [Symbol.dispose](): void {
    if (this.#address !== undefined) duckdb.close([this.#address]);
    this.#address = undefined;
  }
}

const configurationOf = (options: DatabaseOptions): Record<string, string> => ({
  threads: String(options.threads ?? 1),
  memory_limit: `${options.memoryLimitBytes}B`,
  temp_directory: options.tempDirectory,
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  allow_persistent_secrets: 'false',
  arrow_lossless_conversion: 'true',
  preserve_insertion_order: 'true',
});

/**
 * Settings that take no effect before the database is open: those of built-in extensions are unknown, and the limit of
 * the spill directory is forgotten. Answers must not depend on the machine's time zone.
 */
const afterOpening = ({ maxTempBytes }: DatabaseOptions): string => `
  ${maxTempBytes === undefined ? '' : `SET GLOBAL max_temp_directory_size = '${maxTempBytes}B';`}
  SET GLOBAL parquet_metadata_cache = true;
  SET GLOBAL TimeZone = 'UTC';
  SET GLOBAL lock_configuration = true;
`;

function set(configuration: Out, name: string, value: string): void {
  if (duckdb.setConfig(configuration[0] ?? 0n, name, value) === 0) return;
  throw new SheafError('CONFIG_INVALID', `DuckDB does not take ${name} = ${value}`);
}

function openWith(configuration: Out): Address {
  const out: Out = [null];
  const error: [string | null] = [null];
  if (duckdb.open(null, out, configuration[0] ?? 0n, error) === 0 && out[0] !== null) return out[0];
  throw duckdbError(error[0] ?? 'The database did not open');
}
