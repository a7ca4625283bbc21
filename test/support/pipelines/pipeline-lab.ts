import { existsSync, readdirSync } from 'node:fs';
import type { Cluster } from '../../../client/index.ts';
import { ObjectStore } from '../../../connectors/s3/store.ts';
import type { Pipeline } from '../../../pipeline/pipeline.ts';
import type { RunInfo } from '../../../pipeline/records/run.ts';
import { loadConfig, type SettingName } from '../../../shared/config/config.ts';
import { openEtcdStore } from '../../../shared/store/etcd/etcd.ts';
import { TestCluster, type TestClusterOptions, until } from '../cluster/cluster.ts';
import { startEtcd, type TestEtcd } from '../servers/etcd.ts';
import { type HostileS3, startHostileS3 } from '../servers/hostile-s3.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { startS3, type TestS3 } from '../servers/s3.ts';

/** Everything that pipelines speak with, as real servers, for clusters of real processes. */
export class PipelineLab implements AsyncDisposable {
  readonly etcd: TestEtcd;
  readonly postgres: TestPostgres;
  readonly s3: TestS3;
  /** Stands before the object storage. */
  readonly storage: HostileS3;
  #clusters = 0;

  private constructor(etcd: TestEtcd, postgres: TestPostgres, s3: TestS3, storage: HostileS3) {
    this.etcd = etcd;
    this.postgres = postgres;
    this.s3 = s3;
    this.storage = storage;
  }

  static async start(): Promise<PipelineLab> {
    const [etcd, postgres, s3] = await Promise.all([startEtcd(), startPostgres(), startS3()]);
    await s3.createBucket('lake');
    return new PipelineLab(etcd, postgres, s3, await startHostileS3(s3.options.endpoint));
  }

  /** What the processes of a cluster find these servers by. */
  get environment(): Record<string, string> {
    return {
      ...this.s3.environment,
      AWS_ENDPOINT_URL_S3: this.storage.endpoint,
      SHEAF_SECRET_POSTGRES_URL: this.postgres.url,
    };
  }

  /** A cluster with a leader, so many standbys, and two workers. */
  async cluster(standbys: number, options: TestClusterOptions = {}): Promise<TestCluster> {
    const name = `lab${this.#clusters++}`;
    const config = { ...quickRetries, ...options.config };
    const env = { ...this.environment, ...options.env };
    const cluster = await TestCluster.start({
      etcd: this.etcd.endpoint,
      shared: true,
      ...options,
      name,
      config,
      env,
    });
    for (let n = 0; n < standbys; n += 1) await cluster.addCoordinator().address;
    return cluster;
  }

  /** What any load has left in the database besides its rows. */
  async stagingTables(): Promise<unknown[]> {
    const rows = await this.postgres.query("SELECT relname FROM pg_class WHERE relname LIKE 'sheaf\\_stage%'");
    return rows.map(({ relname }) => relname);
  }

  /**
   * What any load below the prefix has left in the object storage besides its files: uploads, marks, staged objects.
   */
  async stagedObjects(prefix: string): Promise<string[]> {
    const store = await ObjectStore.open(this.s3.options, loadConfig());
    const left: string[] = [];
    for await (const { key } of store.uploads.list('lake', prefix)) left.push(`upload ${key}`);
    for await (const { key } of store.list('lake', prefix)) if (/_sheaf\/(pending|staging)/.test(key)) left.push(key);
    return left;
  }

  /** All that the clusters keep in etcd. */
  async kept(): Promise<readonly { readonly key: string; readonly value: string }[]> {
    const store = await openEtcdStore({ endpoints: [this.etcd.endpoint], config: loadConfig() });
    try {
      return await store.list('/sheaf/');
    } finally {
      await store.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.etcd.stop(), this.postgres.stop(), this.storage[Symbol.asyncDispose]()]);
    await this.s3[Symbol.asyncDispose]();
  }
}

const quickRetries: Partial<Record<SettingName, number>> = {
  commitRetryMs: 100,
  commitRetryMsMax: 1000,
  runTakeoversMax: 20,
  noWorkersGraceMs: 30_000,
  objectRetryDelayMs: 1,
  restRetryDelayMs: 1,
  restRetryDelayMsMax: 20,
};

/** Runs it until a run succeeds: whoever operates the cluster would do the same. Says how often it failed. */
export async function runUntilLoaded(client: Cluster, given: Pipeline): Promise<{ run: RunInfo; failed: RunInfo[] }> {
  const failed: RunInfo[] = [];
  while (failed.length < 5) {
    const run = await client.pipelines.run(given);
    if (run.life.state === 'succeeded') return { run, failed };
    failed.push(run);
  }
  throw new Error(`${given.name} failed again and again: ${JSON.stringify(failed.map(({ life }) => life))}`);
}

/** Resolves when the last leader has removed what the runs had staged. */
export async function allCleaned(client: Cluster): Promise<void> {
  let runs = await client.pipelines.runs({ limit: 1000 });
  await until(
    async () => {
      runs = await client.pipelines.runs({ limit: 1000 });
      return runs.every(({ cleaned }) => cleaned);
    },
    `all runs are cleaned: ${JSON.stringify(runs.filter(({ cleaned }) => !cleaned))}`,
  );
}

/** All files below a folder, which need not be there. */
export const filesBelow = (folder: string): string[] =>
  !existsSync(folder)
    ? []
    : readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => `${entry.parentPath}/${entry.name}`);
