import { rmSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import { createClusterFolder, sweepClusterFolders } from './folder.ts';
import type { Role, RoleOptions } from './messages.ts';
import { RoleProcess } from './role-process.ts';

/** What an embedded cluster is made of. */
export interface LocalClusterOptions {
  readonly config: Config;
  /** Worker processes. Default 2. */
  readonly workers?: number | undefined;
  /** Slots of each worker: tasks that it runs at a time. Default: the processors, divided among the workers. */
  readonly threads?: number | undefined;
  /** Memory of each worker's kernel. Default: half of this machine's, divided among the workers. */
  readonly memoryLimitBytes?: number | undefined;
  /** Where the coordinator listens. Default: a free port on loopback. */
  readonly listen?: string | undefined;
  readonly tokenFile?: string | undefined;
  /** A folder with the values of secrets, one file each. */
  readonly secretsFolder?: string | undefined;
  /** Parent of the cluster's own folder. Default: the system's folder for temporary files. */
  readonly dataDirectory?: string | undefined;
  /** Where pipelines, runs and cursors outlive the cluster: one cluster at a time has it. Default: nothing does. */
  readonly stateDirectory?: string | undefined;
  /** Stops the cluster. */
  readonly signal?: AbortSignal | undefined;
  /** The file that each role runs. For tests. */
  readonly entries?: Readonly<Record<Role, URL>>;
}

/** A coordinator and workers on this machine, as processes of their own. */
export interface LocalCluster extends AsyncDisposable {
  /** `host:port` of the coordinator. */
  readonly address: string;
  /** Resolves when all workers take tasks; rejects if one cannot. */
  readonly ready: Promise<void>;
  /** Stops all processes and removes all files. */
  close(): Promise<void>;
}

/**
 * Starts an embedded cluster. Resolves as soon as its coordinator accepts jobs; its workers may take a moment longer.
 * It ends with {@link LocalCluster.close}, or with this process.
 *
 * @throws SheafError what kept the coordinator from starting: `PORT_IN_USE`, `OPEN_WITHOUT_TOKEN`, `CONFIG_INVALID`, …
 */
export async function startLocalCluster(options: LocalClusterOptions): Promise<LocalCluster> {
  options.signal?.throwIfAborted();
  const folder = createClusterFolder(options.dataDirectory);
  sweepClusterFolders(options.dataDirectory);
  const processes = roles(options, folder).map((role, index) => spawnRole(role, index, options));
  const close = once(async () => {
    await Promise.all(processes.map((process) => process.stop()));
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  options.signal?.addEventListener('abort', () => void close(), { once: true });
  try {
    const [coordinator, ...workers] = processes as [RoleProcess, ...RoleProcess[]];
    const address = await inTime(coordinator.ready, options);
    for (const worker of workers) worker.send({ kind: 'coordinator', address });
    const ready = inTime(Promise.all(workers.map((worker) => worker.ready)), options).then(() => {});
    ready.catch(() => {}); // Whoever awaits it gets the error; meanwhile a job runs on the workers that did start.
    return { address, ready, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function roles(options: LocalClusterOptions, folder: string): RoleOptions[] {
  const count = options.workers ?? 2;
  const threads = options.threads ?? Math.max(1, Math.floor(availableParallelism() / count));
  const memoryLimitBytes = options.memoryLimitBytes ?? Math.floor(machineBytes() / 2 / count);
  const { tokenFile, config, listen = '127.0.0.1:0' } = options;
  const secretsFolder = options.secretsFolder === undefined ? undefined : resolve(options.secretsFolder);
  const workers = Array.from({ length: count }, (_, index) => {
    const dataDirectory = join(folder, `worker-${index + 1}`);
    return {
      role: 'worker',
      threads,
      wideThreads: count * threads,
      memoryLimitBytes,
      machineMemoryBytes: count * memoryLimitBytes,
      dataDirectory,
      secretsFolder,
      tokenFile,
      config,
    } as const;
  });
  // The first job is planned for all workers, though some may still be starting.
  const plannedSlotsMin = Math.max(config.plannedSlotsMin, count * threads);
  const planning = { ...config, plannedSlotsMin, ...wide(config, count, memoryLimitBytes) };
  const dataDirectory = join(folder, 'coordinator');
  const { stateDirectory } = options;
  const coordinator = { role: 'coordinator', listen, dataDirectory, stateDirectory, secretsFolder, tokenFile } as const;
  return [{ ...coordinator, config: planning }, ...workers];
}

/** Workers of one machine share its processors, disks and memory: to spread a question over them gains nothing. */
function wide(config: Config, workers: number, memoryLimitBytes: number): Partial<Config> {
  const { wideBytesMax, localWideBytesMax, largeWideBytesMin } = config;
  if (wideBytesMax === 0) return {};
  return {
    wideBytesMax: Math.max(wideBytesMax, localWideBytesMax),
    largeWideBytesMin: largeWideBytesMin || (workers === 1 ? 0 : memoryLimitBytes),
  };
}

/** What this machine has, or what its container may use of it. */
function machineBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

function spawnRole(role: RoleOptions, index: number, { config, entries }: LocalClusterOptions): RoleProcess {
  const name = role.role === 'worker' ? `worker ${index}` : 'coordinator';
  const entry = (entries ?? ownEntries())[role.role];
  return new RoleProcess({ name, entry, role, stopLimitMs: config.localStopLimitMs, output: process.stderr });
}

/** By path: the client's code imports no other role's. */
function ownEntries(): Readonly<Record<Role, URL>> {
  const entry = (role: Role): URL => new URL(`../../cli/embedded/${role}${extname(import.meta.url)}`, import.meta.url);
  return { coordinator: entry('coordinator'), worker: entry('worker') };
}

async function inTime<T>(started: Promise<T>, { config, signal }: LocalClusterOptions): Promise<T> {
  const over = new AbortController();
  const late = pause(config.localStartLimitMs, undefined, { signal: over.signal }).then(() => {
    throw new SheafError('DEADLINE', `The embedded cluster did not start within ${config.localStartLimitMs} ms`, {
      next: 'Is this machine overloaded? Its messages stand above; SHEAF_LOCAL_START_LIMIT_MS gives it longer.',
    });
  });
  try {
    return await Promise.race([started, late]);
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    over.abort();
    late.catch(() => {});
  }
}

function once<T>(run: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= run();
    return result;
  };
}
