import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../../../client/cluster.ts';
import { connect } from '../../../client/index.ts';
import { runCoordinator } from '../../../coordinator/main.ts';
import { loadConfig, type SettingName } from '../../../shared/config/config.ts';
import { createLogger } from '../../../shared/log.ts';
import { EmbeddedStore } from '../../../shared/store/embedded.ts';
import { RemoteStore } from '../../../shared/store/remote.ts';
import { Worker } from '../../../worker/main.ts';

/** A cluster in the test's own process, with a client. */
export interface InProcessCluster extends AsyncDisposable {
  readonly cluster: Cluster;
  /** A folder for the test's files; it goes with the cluster. */
  readonly folder: string;
}

/** A coordinator, a worker of two threads and a client, all over real gRPC but in this process. */
export async function inProcessCluster(
  overrides: Partial<Record<SettingName, number>> = {},
): Promise<InProcessCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-test-'));
  const config = loadConfig({}, { slotMemoryBytesMin: 2 ** 24, ...overrides });
  const common = { cluster: 'test', config, log: createLogger({ name: 'test', level: 'error' }) };
  const store = new EmbeddedStore(config);
  const home = (name: string): string => join(folder, name);
  const coordinator = await runCoordinator({ ...common, store, servesStore: true, dataDirectory: home('coordinator') });
  const worker = await Worker.start({
    ...common,
    store: new RemoteStore({ address: coordinator.address, config }),
    threads: 2,
    memoryLimitBytes: 2 ** 28,
    dataDirectory: home('worker'),
  });
  const cluster = await connect(coordinator.address, { config: overrides });
  return {
    cluster,
    folder,
    async [Symbol.asyncDispose]() {
      await cluster.close();
      worker.stop();
      await worker.closed;
      await coordinator.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
