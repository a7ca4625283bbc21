/** Starts a role in this process, for a command or for an embedded cluster. */
import { join } from 'node:path';
import type { RunningCoordinator } from '../coordinator/main.ts';
import type { Config } from '../shared/config/config.ts';
import type { Logger, LogLevel } from '../shared/log.ts';
import type { Store } from '../shared/store/store.ts';
import type { Worker } from '../worker/main.ts';

/** What both roles are started with. */
export interface RoleSettings {
  /** etcd's `host:port`s. Without: the coordinator holds the store itself. */
  readonly etcd?: readonly string[] | undefined;
  readonly cluster: string;
  readonly listen?: string | undefined;
  readonly advertise?: string | undefined;
  readonly tokenFile?: string | undefined;
  /** Where the values of secrets lie, one file each. Absolute. */
  readonly secretsFolder?: string | undefined;
  /** Of this process alone; removed at the end. */
  readonly dataDirectory: string;
  /** Of coordinators: what must outlive them. */
  readonly blobDirectory?: string | undefined;
  /** Of a coordinator without etcd: where its store outlives it, and its blobs. Default: they end with the process. */
  readonly stateDirectory?: string | undefined;
  readonly config: Config;
  readonly logLevel: LogLevel;
  /** Default false: a readable line each. */
  readonly jsonLogs?: boolean;
}

/** @throws SheafError `PORT_IN_USE`, `OPEN_WITHOUT_TOKEN`, `STORE_UNREACHABLE`, `CONFIG_INVALID` */
export async function startCoordinator(settings: RoleSettings): Promise<RunningCoordinator> {
  const { etcd, config, cluster, listen, advertise, dataDirectory, stateDirectory } = settings;
  const [{ runCoordinator }, token] = await Promise.all([import('../coordinator/main.ts'), tokenOf(settings)]);
  const log = await logger('coordinator', settings, token);
  const store = etcd ? await etcdStore(etcd, config) : await embeddedStore(config, stateDirectory);
  const servesStore = etcd === undefined;
  const { blobDirectory = stateDirectory && join(stateDirectory, 'blobs'), secretsFolder } = settings;
  const place = { listen, advertise, dataDirectory, blobDirectory, secretsFolder };
  return await runCoordinator({ store, servesStore, cluster, ...place, token, config, log });
}

/** What a worker is started with. */
export interface WorkerSettings extends RoleSettings {
  /** Where to find an embedded store, if the cluster has no etcd; may still be on its way. */
  readonly coordinator?: Promise<string> | string | undefined;
  readonly threads: number;
  /** Of a wide task, if not as many. */
  readonly wideThreads?: number | undefined;
  readonly memoryLimitBytes?: number | undefined;
  /** Of a wide task that has the machine to itself, if that is more. */
  readonly machineMemoryBytes?: number | undefined;
}

/** @throws SheafError `STORE_UNREACHABLE`, `CONFIG_INVALID` */
export async function startWorker(settings: WorkerSettings): Promise<Worker> {
  const {
    etcd,
    coordinator = '',
    config,
    cluster,
    listen,
    advertise,
    dataDirectory,
    threads,
    wideThreads,
    memoryLimitBytes,
    machineMemoryBytes,
  } = settings;
  const [{ Worker }, token] = await Promise.all([import('../worker/main.ts'), tokenOf(settings)]);
  const log = await logger('worker', settings, token);
  const store = etcd ? await etcdStore(etcd, config) : await remoteStore(await coordinator, token, config);
  const size = { threads, wideThreads, memoryLimitBytes, machineMemoryBytes };
  const connecting = { secretsFolder: settings.secretsFolder, logging: logOptions('worker', settings, token) };
  const options = { store, cluster, listen, advertise, dataDirectory, ...size, ...connecting, token, config, log };
  return await Worker.start(options);
}

async function tokenOf({ tokenFile, config }: RoleSettings): Promise<string | undefined> {
  if (tokenFile === undefined) return undefined;
  return await (await import('../shared/rpc/token.ts')).readTokenFile(tokenFile, config);
}

async function logger(
  name: string,
  { logLevel, jsonLogs = false }: RoleSettings,
  token: string | undefined,
): Promise<Logger> {
  const { createLogger } = await import('../shared/log.ts');
  return createLogger(logOptions(name, { logLevel, jsonLogs }, token));
}

function logOptions(
  name: string,
  { logLevel, jsonLogs = false }: Pick<RoleSettings, 'logLevel' | 'jsonLogs'>,
  token: string | undefined,
) {
  const color = process.stderr.isTTY === true && !process.env.NO_COLOR;
  return { name, level: logLevel, pretty: !jsonLogs, color, secrets: token === undefined ? [] : [token] };
}

const etcdStore = async (endpoints: readonly string[], config: Config): Promise<Store> =>
  (await import('../shared/store/etcd/etcd.ts')).openEtcdStore({ endpoints, config });

async function embeddedStore(config: Config, stateDirectory: string | undefined): Promise<Store> {
  if (stateDirectory === undefined) return new (await import('../shared/store/embedded.ts')).EmbeddedStore(config);
  const { DurableStore } = await import('../shared/store/durable/durable-store.ts');
  return await DurableStore.open(stateDirectory, config);
}

const remoteStore = async (address: string, token: string | undefined, config: Config): Promise<Store> =>
  new (await import('../shared/store/remote.ts')).RemoteStore({ address, token, config });
