import { resolve } from 'node:path';
import { type Config, loadConfig, type SettingName } from '../shared/config/config.ts';
import { SheafError } from '../shared/errors.ts';
import { FlightClient } from '../shared/flight/client.ts';
import { flightContract } from '../shared/flight/contract.ts';
import type { JobInfo } from '../shared/plan/job.ts';
import { readTokenFile } from '../shared/rpc/token.ts';
import { Cluster } from './cluster.ts';
import { type ProgressMode, progressListener } from './progress/choose.ts';
import { flightParts } from './session/flight-parts.ts';
import { LeaderLink } from './session/leader-link.ts';
import { OpenWork } from './session/open-work.ts';
import type { Session } from './session/session.ts';

/** Options of `connect` and `local`. */
export interface ConnectOptions {
  /** The cluster's token, if its ports demand one. */
  readonly token?: string;
  /** A file that holds it; default: what SHEAF_TOKEN_FILE names. */
  readonly tokenFile?: string;
  /** Limits other than the defaults and the `SHEAF_*` variables: see `docs/configuration.md`. */
  readonly config?: Partial<Record<SettingName, number>>;
  /** Gives up connecting; later it closes the connection. */
  readonly signal?: AbortSignal;
  /**
   * Progress of jobs: drawn on stderr (`auto`: if that is a terminal), or given to a function. Default: what
   * SHEAF_PROGRESS says, otherwise `never`.
   */
  readonly progress?: ProgressMode | ((info: JobInfo) => void);
}

/** Options of an embedded cluster. */
export interface LocalOptions extends ConnectOptions {
  /** Worker processes. Default 2. */
  readonly workers?: number;
  /**
   * Threads of each worker, that is, tasks that it runs at a time. Default: the processors, divided among the workers.
   */
  readonly threads?: number;
  /** Memory of each worker's kernel. Default: half of this machine's, divided among the workers. */
  readonly memoryLimitBytes?: number;
  /** A folder with the values of secrets, one file each. Default: what SHEAF_SECRETS names. */
  readonly secrets?: string;
  /**
   * Where pipelines, their runs and cursors outlive the cluster; one cluster at a time has it. Default: what
   * SHEAF_STATE_DIR names, otherwise nothing outlives it.
   */
  readonly stateDirectory?: string;
}

/**
 * Connects to a cluster.
 *
 * @param address `host:port` of a coordinator, or of several with commas between: a standby shows the way; default:
 * what SHEAF_CLUSTER names; without either, an embedded cluster
 *   is started as by {@link local}
 * @throws SheafError `UNREACHABLE`, `VERSION_MISMATCH`, `UNAUTHENTICATED`, `CONFIG_INVALID`
 *
 * @example
 * ```ts
 * await using cluster = await connect('127.0.0.1:7400');
 * ```
 */
export async function connect(address?: string, options: ConnectOptions = {}): Promise<Cluster> {
  const target = address ?? (process.env.SHEAF_CLUSTER || undefined);
  if (target === undefined) return local(options);
  const config = loadConfig(process.env, options.config);
  return open(target, config, options, { close: async () => {} });
}

/**
 * Starts a cluster on this machine, a coordinator and workers as processes of their own, and connects to it. It stops
 * when the connection is closed, or with this process.
 *
 * @throws SheafError what kept it from starting, for example `CONFIG_INVALID` for too little memory per slot
 *
 * @example
 * ```ts
 * await using cluster = await local({ workers: 2, threads: 4 });
 * ```
 */
export async function local(options: LocalOptions = {}): Promise<Cluster> {
  const config = loadConfig(process.env, options.config);
  // Only callers that start a cluster pay for loading it.
  const { startLocalCluster } = await import('./local/cluster.ts');
  const { workers, threads, memoryLimitBytes, tokenFile, signal } = options;
  const { secrets: secretsFolder = process.env.SHEAF_SECRETS || undefined } = options;
  const { stateDirectory = process.env.SHEAF_STATE_DIR || undefined } = options;
  const size = { workers, threads, memoryLimitBytes };
  const folders = { secretsFolder, stateDirectory: stateDirectory && resolve(stateDirectory) };
  const embedded = await startLocalCluster({ config, ...size, ...folders, tokenFile, signal });
  try {
    return await open(embedded.address, config, options, embedded);
  } catch (thrown) {
    await embedded.close();
    throw thrown;
  }
}

/** What a connection was made to, if it was started for it. */
interface Behind {
  close(): Promise<void>;
  /** Rejects if it cannot do its work: actions then fail with that error, and do not wait. */
  readonly ready?: Promise<void>;
}

async function open(addresses: string, config: Config, options: ConnectOptions, behind: Behind): Promise<Cluster> {
  const token = await tokenOf(options, config);
  const leader = await LeaderLink.open(addresses, { token, config, signal: options.signal });
  const flight = new FlightClient({ config, token });
  const closed = new AbortController();
  const openWork = new OpenWork();
  const progress = progressListener(options.progress ?? process.env.SHEAF_PROGRESS, process.stderr, process.env);
  const close = async () => {
    closed.abort(new SheafError('CANCELLED', 'The connection to the cluster was closed'));
    await openWork.finish();
    flight[Symbol.dispose]();
    leader[Symbol.dispose]();
    progress.close();
    await behind.close();
  };
  options.signal?.addEventListener('abort', () => void close(), { once: true });
  behind.ready?.catch((thrown: unknown) => closed.abort(SheafError.from(thrown)));
  const session: Session = {
    config,
    address: leader.address,
    jobs: leader.jobs,
    pipelines: leader.pipelines,
    seekLeader: () => leader.seek(),
    warmUp: () => void flightContract(),
    readPart: flightParts(flight),
    closed: closed.signal,
    openWork,
    onProgress: progress.update,
  };
  return new Cluster(session, close);
}

const tokenOf = async (
  { token, tokenFile = process.env.SHEAF_TOKEN_FILE }: ConnectOptions,
  config: Config,
): Promise<string | undefined> => token ?? (tokenFile ? readTokenFile(tokenFile, config) : undefined);
