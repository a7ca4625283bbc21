import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../shared/config/config.ts';
import type { Logger } from '../shared/log.ts';
import type { Store } from '../shared/store/store.ts';
import { Coordinator } from './runtime/coordinator.ts';

export interface CoordinatorOptions {
  /** etcd, or a fresh embedded store. Closed at the end. */
  readonly store: Store;
  /** True for an embedded store: it is then served to this cluster's other processes. */
  readonly servesStore: boolean;
  readonly cluster: string;
  /** `host:port`. Default: a free port of 127.0.0.1. */
  readonly listen?: string | undefined;
  /** What clients and workers use to reach it, if that is another address. */
  readonly advertise?: string | undefined;
  /** A directory of this process alone: bundles and the datasets of clients. Removed at the end. */
  readonly dataDirectory: string;
  readonly token?: string | undefined;
  readonly config: Config;
  readonly log: Logger;
}

export interface RunningCoordinator {
  /** `host:port` that clients and workers use. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Starts a coordinator: it listens at once, and leads as soon as nobody else does.
 *
 * @throws SheafError `PORT_IN_USE`, `OPEN_WITHOUT_TOKEN`, `STORE_UNREACHABLE`
 */
export async function runCoordinator(options: CoordinatorOptions): Promise<RunningCoordinator> {
  mkdirSync(join(options.dataDirectory, 'spool'), { recursive: true });
  return await Coordinator.start(options);
}
