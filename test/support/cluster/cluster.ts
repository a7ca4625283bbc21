import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Cluster, connect, type JobInfo } from '../../../client/index.ts';
import { type SettingName, variableName } from '../../../shared/config/config.ts';

import { RoleProcess, type RoleProcessOptions } from '../processes/role-process.ts';

/** What a test's cluster is made of. */
export interface TestClusterOptions {
  /** Default 2. */
  readonly workers?: number;
  /** Of each worker. Default 2. */
  readonly threads?: number;
  /** etcd's `host:port`. Without: the coordinator holds the store. */
  readonly etcd?: string;
  /** The coordinators share a directory for what must outlive them. */
  readonly shared?: boolean;
  /** Where several share one etcd. */
  readonly name?: string;
  /** Beyond the short times that tests have. */
  readonly config?: Partial<Record<SettingName, number>>;
  readonly tokenFile?: string;
  /** For all its processes. */
  readonly env?: Readonly<Record<string, string>>;
  /** The user of all its processes. */
  readonly uid?: number;
}

/**
 * Leases and graces that a test can wait for, long enough for a loaded machine, and what makes small work like large.
 */
const testSettings: Partial<Record<SettingName, number>> = {
  leaderTtlMs: 3000,
  workerTtlMs: 3000,
  heartbeatIntervalMs: 100,
  heartbeatTimeoutMs: 4000,
  noWorkersGraceMs: 20_000,
  drainLimitMs: 15_000,
  fetchBackoffMs: 50,
  fetchRetriesMax: 2,
  fetchIdleMs: 4000,
  functionStopGraceMs: 300,
  reconnectIntervalMs: 100,
  shutdownGraceMs: 200,
  storeRelistMs: 500,
  watchIntervalMs: 20,
  slotMemoryBytesMin: 64 * 2 ** 20,
  // What is small is distributed here, too: that is what is tested.
  wideBytesMax: 0,
  // So is what lies on a worker and may be lost with it.
  resultInlineBytesMax: 0,
  // As on machines apart: what another worker wrote is pulled from it.
  fetchRootAskMs: 0,
};

/** Rows that take several tasks, however small the file. */
export const smallTasks: Partial<Record<SettingName, number>> = {
  taskBytesTarget: 4 * 2 ** 20,
  taskBytesMin: 1,
  sortBytesMin: 1,
};

/** A cluster of real processes: one coordinator, N workers. Nothing of it is left when it is disposed of. */
export class TestCluster implements AsyncDisposable {
  readonly coordinator: RoleProcess;
  /** All of them. */
  readonly coordinators: RoleProcess[];
  readonly workers: RoleProcess[] = [];
  /** The parent of all its processes' folders, and a place for the test's own files. */
  readonly folder: string;
  readonly #options: TestClusterOptions;
  readonly #clients: Cluster[] = [];

  private constructor(options: TestClusterOptions) {
    this.#options = options;
    this.folder = mkdtempSync(join(tmpdir(), 'sheaf-chaos-'));
    if (options.uid !== undefined) chownSync(this.folder, options.uid, options.uid);
    this.coordinator = this.#newCoordinator();
    this.coordinators = [this.coordinator];
  }

  /** Starts another coordinator, with etcd: it stands by. */
  addCoordinator(): RoleProcess {
    const coordinator = this.#newCoordinator();
    this.coordinators.push(coordinator);
    return coordinator;
  }

  /** Resolves when all workers have joined. */
  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    const cluster = new TestCluster(options);
    try {
      await cluster.coordinator.address;
      for (let n = options.workers ?? 2; n > 0; n--) await cluster.addWorker();
      await cluster.joined(cluster.workers.length);
      return cluster;
    } catch (failed) {
      cluster.printLogs();
      await cluster[Symbol.asyncDispose]();
      throw failed;
    }
  }

  /** Starts another worker; it joins a moment later. */
  async addWorker(options: RoleProcessOptions & { readonly args?: readonly string[] } = {}): Promise<RoleProcess> {
    const { etcd, threads = 2 } = this.#options;
    const where = etcd === undefined ? ['--coordinator', await this.coordinator.address] : ['--etcd', etcd];
    const size = ['--threads', String(threads), '--memory-limit', '600MB'];
    const worker = this.#role('worker', [...where, ...size, ...(options.args ?? [])], options);
    this.workers.push(worker);
    return worker;
  }

  /** Resolves when so many workers are there. */
  async joined(count: number): Promise<void> {
    const client = await this.connectToLeader();
    await until(async () => (await client.workers()).length === count, `${count} workers have joined`);
    await client.close();
  }

  /** A client that knows all coordinators. */
  async connectToAll(): Promise<Cluster> {
    const addresses = await Promise.all(this.coordinators.map(({ address }) => address));
    return await this.#connectTo(addresses.join(','), { watchReconnectMs: 60_000, connectTimeoutMs: 1000 });
  }

  /** A client of it, closed with the cluster. */
  async connect(config: Partial<Record<SettingName, number>> = {}, to = this.coordinator): Promise<Cluster> {
    return await this.#connectTo(await to.address, config);
  }

  async #connectTo(address: string, config: Partial<Record<SettingName, number>>): Promise<Cluster> {
    const { tokenFile } = this.#options;
    const client = await connect(address, {
      config: { watchRetryMs: 50, watchReconnectMs: 3000, ...config },
      ...(tokenFile === undefined ? {} : { tokenFile }),
    });
    this.#clients.push(client);
    return client;
  }

  /** Waits until a coordinator leads. */
  async connectToLeader(coordinator = this.coordinator): Promise<Cluster> {
    let client: Cluster | undefined;
    await until(async () => {
      client = await this.connect({ connectTimeoutMs: 1000 }, coordinator).catch((error: { code: string }) => {
        // The standby names the leader that it knows, which may be the one that does not answer.
        if (error.code !== 'NOT_LEADER' && error.code !== 'UNREACHABLE') throw error;
        return undefined;
      });
      return client !== undefined;
    }, 'it leads');
    return client as Cluster;
  }

  /** The worker process of this pid, as `cluster.workers()` names it. */
  worker(pid: number): RoleProcess {
    const found = this.workers.find((worker) => worker.pid === pid);
    if (!found) throw new Error(`no worker has the pid ${pid}`);
    return found;
  }

  printLogs(): void {
    const print = (role: string) => (process: RoleProcess, n: number) =>
      void globalThis.process.stderr.write(`--- ${role} ${n} ---\n${process.log}\n`);
    this.coordinators.forEach(print('coordinator'));
    this.workers.forEach(print('worker'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close().catch(() => {}))); // Some have lost their cluster.
    await Promise.all([...this.coordinators, ...this.workers].map((role) => role[Symbol.asyncDispose]()));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #newCoordinator(): RoleProcess {
    const { etcd, shared } = this.#options;
    const store = etcd === undefined ? [] : ['--etcd', etcd];
    return this.#role('coordinator', [...store, ...(shared ? ['--blob-dir', join(this.folder, 'blobs')] : [])]);
  }

  #role(role: 'coordinator' | 'worker', args: readonly string[], options: RoleProcessOptions = {}): RoleProcess {
    const { config = {}, tokenFile, uid, env = {}, name = 'default' } = this.#options;
    const door = tokenFile === undefined ? [] : ['--token-file', tokenFile];
    const settings = Object.entries({ ...testSettings, ...config }).map(([name, value]) => [
      variableName(name),
      String(value),
    ]);
    return new RoleProcess(
      [role, ...args, ...door, '--name', name, '--data-dir', this.folder, '--log-level', 'debug'],
      {
        uid,
        ...options,
        env: { ...Object.fromEntries(settings), ...env, ...options.env },
      },
    );
  }
}

/** Runs a test's body on a cluster of its own; if it fails, the logs of all processes are printed. */
export async function withCluster(
  options: TestClusterOptions,
  body: (cluster: TestCluster, client: Cluster) => Promise<void>,
): Promise<void> {
  await using cluster = await TestCluster.start(options);
  try {
    await body(cluster, await cluster.connectToLeader());
  } catch (failed) {
    cluster.printLogs();
    throw failed;
  }
}

/** Looks again and again until the condition holds. */
export async function until(holds: () => Promise<boolean> | boolean, what: string, withinMs = 30_000): Promise<void> {
  for (const deadline = performance.now() + withinMs; !(await holds()); await pause(20)) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
  }
}

/** Keeps a job's last progress, and says when a stage has so many finished tasks. */
export class Progress {
  info: JobInfo | undefined;
  readonly onProgress = (info: JobInfo): void => {
    this.info = info;
  };

  /** Resolves when the job is of a kind. */
  async reaches(holds: (info: JobInfo) => boolean, what: string, withinMs?: number): Promise<JobInfo> {
    await until(() => this.info !== undefined && holds(this.info), what, withinMs);
    return this.info as JobInfo;
  }

  get reruns(): Readonly<Record<string, number>> {
    return this.info?.reruns ?? {};
  }
}
