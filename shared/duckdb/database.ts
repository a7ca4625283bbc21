import { assert, SheafError } from '../errors.ts';
import { Connection } from './connection.ts';
import { duckdbError } from './errors.ts';
import { duckdb } from './native/api.ts';
import type { Address, Out } from './native/library.ts';

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
  readonly #narrow: NarrowArrow;

  private constructor(address: Address, narrow: NarrowArrow) {
    this.#address = address;
    this.#narrow = narrow;
  }

  /**
   * Arrow options by which decimals come in as many bits as DuckDB has for them, 32 or 64, not always 128: for
   * `Connection.partitioned`, on any thread, while this object lives. Between tasks that is half the bytes and half the work;
   * `apache-arrow` cannot read it.
   */
  get narrowArrowOptions(): Address {
    return this.#narrow.options;
  }

  /** What other threads need of it. */
  get forThreads(): { readonly database: Address; readonly narrowArrowOptions: Address } {
    return { database: this.address, narrowArrowOptions: this.narrowArrowOptions };
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
      const address = openWith(configuration);
      using connection = Connection.open(address);
      connection.execute(afterOpening(options));
      const narrow = narrowArrow(address);
      connection.execute(atLast);
      return new Database(address, narrow);
    } finally {
      duckdb.destroyConfig(configuration);
    }
  }

  /** Connections still open keep the database alive until they are disposed of. */
  [Symbol.dispose](): void {
    if (this.#address === undefined) return;
    this.#narrow[Symbol.dispose]();
    duckdb.close([this.#address]);
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
  arrow_output_version: '1.5', // until `atLast`: see `narrowArrow`
});

/**
 * Settings that take no effect before the database is open: those of built-in extensions are unknown, and the limit of
 * the spill directory is forgotten. Answers must not depend on the machine's time zone.
 */
const afterOpening = ({ maxTempBytes }: DatabaseOptions): string => `
  ${maxTempBytes === undefined ? '' : `SET GLOBAL max_temp_directory_size = '${maxTempBytes}B';`}
  SET GLOBAL parquet_metadata_cache = true;
  SET GLOBAL TimeZone = 'UTC';
`;

const atLast = `
  SET GLOBAL arrow_output_version = '1.0';
  SET GLOBAL lock_configuration = true;
`;

interface NarrowArrow extends Disposable {
  readonly options: Address;
}

/** Options keep what was set when they were made, and refer to their connection, which therefore stays open. */
function narrowArrow(database: Address): NarrowArrow {
  using scope = new DisposableStack();
  const connection = scope.use(Connection.open(database));
  const options = scope.adopt(connection.arrowOptions(), (address) => duckdb.destroyArrowOptions([address]));
  const open = scope.move();
  return { options, [Symbol.dispose]: () => open.dispose() };
}

function set(configuration: Out, name: string, value: string): void {
  if (duckdb.setConfig(configuration[0] ?? 0n, name, value) === 0) return;
  throw new SheafError('CONFIG_INVALID', `DuckDB does not take ${name} = ${value}`, {
    next: 'Check the limits of this process: docs/configuration.md, and its --memory-limit and --data-dir.',
  });
}

function openWith(configuration: Out): Address {
  const out: Out = [null];
  const error: [string | null] = [null];
  if (duckdb.open(null, out, configuration[0] ?? 0n, error) === 0 && out[0] !== null) return out[0];
  throw duckdbError(error[0] ?? 'The database did not open');
}
