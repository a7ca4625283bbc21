import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { createClusterFolder, sweepClusterFolders } from '../client/local/folder.ts';
import { loadConfig } from '../shared/config/config.ts';
import { SheafError } from '../shared/errors.ts';
import { print, say } from './output/print.ts';
import type { CoordinatorFlags, RoleFlags, WorkerFlags } from './role-options.ts';
import { type RoleSettings, startCoordinator, startWorker } from './roles.ts';
import { untilSignal } from './signals.ts';

/** `sheaf coordinator`: runs until a signal. */
export async function runCoordinatorCommand(flags: CoordinatorFlags): Promise<void> {
  using folder = dataFolder(flags.dataDir);
  using stopping = untilSignal(folder.remove);
  const blobDirectory = flags.blobDir === undefined ? undefined : resolve(flags.blobDir);
  const coordinator = await startCoordinator({ ...settingsOf(flags, folder.path), blobDirectory });
  const { address } = coordinator;
  if (flags.json) await print(`${JSON.stringify({ address, pid: process.pid })}\n`);
  else say(`The coordinator listens at ${address}. Add workers: npx sheaf worker ${whereabouts(flags, address)}`);
  await stopping.signalled;
  await coordinator.close();
}

/** `sheaf worker`: runs until a signal; it then finishes its tasks, and goes when nobody needs its data any more. */
export async function runWorkerCommand(flags: WorkerFlags): Promise<void> {
  if ((flags.etcd === undefined) === (flags.coordinator === undefined)) {
    throw new SheafError('USAGE', 'A worker needs either --etcd or --coordinator', {
      next: 'Name the etcd of the cluster, or its coordinator if it has none.',
    });
  }
  using folder = dataFolder(flags.dataDir);
  using stopping = untilSignal(folder.remove);
  const { coordinator, threads = availableParallelism(), memoryLimit: memoryLimitBytes } = flags;
  const worker = await startWorker({ ...settingsOf(flags, folder.path), coordinator, threads, memoryLimitBytes });
  if (flags.json) await print(`${JSON.stringify({ address: worker.address, threads, pid: process.pid })}\n`);
  else
    say(
      `A worker with ${threads} threads serves at ${worker.address}. Ctrl-C drains it, a second one ends it at once.`,
    );
  void stopping.signalled.then(() => worker.drain());
  await worker.closed;
}

const whereabouts = ({ etcd, tokenFile }: RoleFlags, address: string): string =>
  (etcd ? `--etcd ${etcd.join(',')}` : `--coordinator ${address}`) + (tokenFile ? ` --token-file ${tokenFile}` : '');

function settingsOf(flags: RoleFlags, dataDirectory: string): RoleSettings {
  const { etcd, name: cluster, listen, advertise, tokenFile, secrets, logLevel, json } = flags;
  const secretsFolder = secrets === undefined ? undefined : resolve(secrets);
  const log = { logLevel, jsonLogs: json ?? false };
  return {
    etcd,
    cluster,
    listen,
    advertise,
    tokenFile,
    secretsFolder,
    dataDirectory,
    ...log,
    config: loadConfig(process.env),
  };
}

interface DataFolder extends Disposable {
  readonly path: string;
  remove(): void;
}

/** A folder of this process alone. What dead processes left beside it is removed at once, this one at the end. */
function dataFolder(parent: string | undefined): DataFolder {
  const place = parent === undefined ? undefined : resolve(parent);
  const path = createClusterFolder(place);
  sweepClusterFolders(place);
  const remove = (): void => rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  return { path, remove, [Symbol.dispose]: remove };
}
