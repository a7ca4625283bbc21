import type { Config } from '../../shared/config/config.ts';
import type { ErrorData } from '../../shared/errors.ts';

/** The roles that an embedded cluster runs, each in a process of its own. */
export type Role = 'coordinator' | 'worker';

/** What a child process gets when it is spawned: the JSON of its only argument. */
export type RoleOptions = CoordinatorOptions | WorkerOptions;

interface CommonOptions {
  readonly tokenFile?: string | undefined;
  readonly dataDirectory: string;
  /** Absolute. */
  readonly secretsFolder?: string | undefined;
  /** As the parent has it. */
  readonly config: Config;
}

/** What the coordinator's process gets. */
export interface CoordinatorOptions extends CommonOptions {
  readonly role: 'coordinator';
  readonly listen: string;
  /** Where its store outlives it. */
  readonly stateDirectory?: string | undefined;
}

/** What a worker's process gets. */
export interface WorkerOptions extends CommonOptions {
  readonly role: 'worker';
  readonly threads: number;
  /** How many threads a wide task gets: those of all workers, which share this machine. */
  readonly wideThreads: number;
  readonly memoryLimitBytes: number;
  /** What a wide task gets that has the machine to itself: the memory of all workers. */
  readonly machineMemoryBytes: number;
}

/** From the parent, over the IPC channel. Its end is the order to stop. */
export interface ToRole {
  readonly kind: 'coordinator';
  /** Where the coordinator listens: what a worker waits for. */
  readonly address: string;
}

/** From a child, over the IPC channel. */
export type FromRole =
  /** `address` is where a coordinator listens, and empty of a worker. */
  { readonly kind: 'ready'; readonly address: string } | { readonly kind: 'failed'; readonly error: ErrorData };
