import type { Config } from '../../shared/config/config.ts';
import type { Logger, LogOptions } from '../../shared/log.ts';
import type { Store } from '../../shared/store/store.ts';

/** What a worker is started with. */
export interface WorkerOptions {
  /**
   * The cluster's store: etcd, or the one that an embedded coordinator serves. Closed by the worker. A promise if it is
   * not known yet: the worker meanwhile warms up.
   */
  readonly store: Store | Promise<Store>;
  readonly cluster: string;
  /** Slots: how many tasks run at once, each on a thread. */
  readonly threads: number;
  /** How many threads a wide task gets, if not one for each slot: workers of one machine share its processors. */
  readonly wideThreads?: number | undefined;
  /** `host:port` for the exchange. Default: a free port of 127.0.0.1. */
  readonly listen?: string | undefined;
  /** What others use to reach it, if that is another address. */
  readonly advertise?: string | undefined;
  /** A directory of this process alone, for exchange, spill, bundles. Removed at the end. */
  readonly dataDirectory: string;
  /** For DuckDB. Default: see `defaultMemoryBytes`. */
  readonly memoryLimitBytes?: number | undefined;
  /** What a wide task gets that has the machine to itself, if that is more. */
  readonly machineMemoryBytes?: number | undefined;
  readonly token?: string | undefined;
  /** A folder with the values of secrets, one file each. */
  readonly secretsFolder?: string | undefined;
  /** How `log` was made, for connectors in threads. */
  readonly logging?: Omit<LogOptions, 'output'> | undefined;
  readonly config: Config;
  readonly log: Logger;
}
