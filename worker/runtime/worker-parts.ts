import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { members } from '../../shared/store/membership/membership.ts';
import { Exchange } from '../exchange/exchange.ts';
import { ThreadPool } from '../pool/pool.ts';
import type { ThreadSetUp } from '../pool/protocol.ts';
import { Bundles } from './bundles.ts';
import { Databases } from './databases.ts';
import { checkMemory, defaultMemoryBytes } from './memory.ts';
import { TaskRunner } from './task-runner.ts';
import { UsageMeter } from './usage-meter.ts';
import type { WorkerOptions } from './worker-options.ts';

/** What a worker works with, for all its lives. */
export interface WorkerParts {
  readonly databases: Databases;
  readonly exchange: Exchange;
  readonly pool: ThreadPool;
  readonly runner: TaskRunner;
}

/** Where the databases spill, in the worker's directory. */
const [spill, spillOfWide, spillOfMachine] = ['spill', 'spill-wide', 'spill-machine'] as const;

/** @throws SheafError `CONFIG_INVALID` if there is less memory than the threads need */
export async function openParts(options: WorkerOptions): Promise<WorkerParts> {
  const { threads, dataDirectory, token, config, listen, log } = options;
  const memoryLimitBytes = options.memoryLimitBytes ?? (await memoryShare(options));
  checkMemory(memoryLimitBytes, threads, config.slotMemoryBytesMin);
  const directory = (name: string): string => join(dataDirectory, name);
  for (const name of ['temp', 'exchange']) mkdirSync(directory(name), { recursive: true, mode: 0o700 });
  const exchanging = Exchange.start({ root: directory('exchange'), listen, token, config });
  const machineMemoryBytes = Math.max(memoryLimitBytes, options.machineMemoryBytes ?? 0);
  const databases = openDatabases(options, directory, memoryLimitBytes, machineMemoryBytes);
  const exchange = await exchanging;
  const pool = new ThreadPool(threads, threadData(options, directory, exchange), log);
  const bundles = new Bundles(directory('blobs'));
  const spills = [spill, spillOfWide, spillOfMachine].map(directory);
  const usage = new UsageMeter(spills, { config, memoryLimitBytes: machineMemoryBytes, log });
  return { databases, exchange, pool, runner: new TaskRunner({ exchange, pool, bundles, databases, usage, log }) };
}

type Directory = (name: string) => string;

function openDatabases(
  { threads, wideThreads = threads }: WorkerOptions,
  directory: Directory,
  memoryLimitBytes: number,
  machineMemoryBytes: number,
): Databases {
  return new Databases({
    shared: { memoryLimitBytes, tempDirectory: directory(spill) },
    wide: { threads: wideThreads, memoryLimitBytes, tempDirectory: directory(spillOfWide) },
    machine: { threads: wideThreads, memoryLimitBytes: machineMemoryBytes, tempDirectory: directory(spillOfMachine) },
  });
}

const threadData = (
  { secretsFolder, logging, config }: WorkerOptions,
  directory: Directory,
  { quota }: Exchange,
): ThreadSetUp => ({
  workerName: `${hostname()}:${process.pid}`,
  exchangeRoot: directory('exchange'),
  exchangeQuota: quota.memory,
  tempRoot: directory('temp'),
  blobRoot: directory('blobs'),
  secretsFolder,
  ...(logging ? { logging } : {}),
  config,
});

/** This worker's part of the host's memory: it shares the host with the members that are there already. */
async function memoryShare({ store, cluster }: WorkerOptions): Promise<number> {
  const here = (await members(await store, cluster)).filter(({ host }) => host === hostname());
  return defaultMemoryBytes(here.length + 1);
}
