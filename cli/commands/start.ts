import { resolve } from 'node:path';
import type { Command } from 'commander';
import { plural } from '../../shared/quantities.ts';
import { byteSize, type CommonOptions, newCommand, positiveInteger } from '../command.ts';
import { print, say } from '../output/print.ts';
import { untilSignal } from '../signals.ts';

interface StartOptions extends CommonOptions {
  readonly workers?: number;
  readonly threads?: number;
  readonly memoryLimit?: number;
  readonly listen?: string;
  readonly tokenFile?: string;
  readonly dataDir?: string;
  readonly secrets?: string;
  readonly stateDir?: string;
}

export const startCommand = (): Command =>
  newCommand('start', 'Run a cluster on this machine, in the foreground, until Ctrl-C.', [
    ['npx sheaf start', 'two workers that share the processors'],
    ['npx sheaf start --workers 4 --threads 2 --listen 127.0.0.1:7400', 'as you like it, on a port of your choice'],
    ['npx sheaf start --listen 0.0.0.0:7400 --token-file token', 'for other machines: the token is a must'],
    ['npx sheaf start --json', 'a line of JSON with its address'],
  ])
    .option('-w, --workers <n>', 'worker processes (default: 2)', positiveInteger)
    .option('-t, --threads <n>', 'threads of each worker (default: the processors, divided)', positiveInteger)
    .option(
      '--memory-limit <size>',
      "memory of each worker's kernel (default: half of the machine's, divided)",
      byteSize,
    )
    .option('-l, --listen <host:port>', 'where the coordinator listens (default: a free port of 127.0.0.1)')
    .option('--token-file <file>', 'demand this token on every port')
    .option('--data-dir <folder>', 'parent of its temporary folder (default: that of the system)')
    .option('--secrets <folder>', 'values of secrets, one file each (beside SHEAF_SECRET_… in the environment)')
    .option(
      '--state-dir <folder>',
      'where pipelines, their runs and cursors outlive the cluster (default: they do not)',
    )
    .action(start);

async function start(options: StartOptions): Promise<void> {
  const { startLocalCluster } = await import('../../client/local/cluster.ts');
  const { loadConfig } = await import('../../shared/config/config.ts');
  const { workers = 2, threads, listen, tokenFile } = options;
  using stopping = untilSignal();
  await using cluster = await startLocalCluster({
    config: loadConfig(process.env),
    workers,
    threads,
    listen,
    tokenFile,
    memoryLimitBytes: options.memoryLimit,
    dataDirectory: options.dataDir,
    secretsFolder: options.secrets,
    ...(options.stateDir === undefined ? {} : { stateDirectory: resolve(options.stateDir) }),
    signal: stopping.signal,
  });
  await cluster.ready;
  if (options.json) await print(`${JSON.stringify({ address: cluster.address, workers, pid: process.pid })}\n`);
  else say(greeting(cluster.address, workers, tokenFile));
  await stopping.signalled;
  if (!options.json) say('Stopping.');
}

function greeting(address: string, workers: number, tokenFile: string | undefined): string {
  const token = tokenFile === undefined ? '' : ` --token-file ${tokenFile}`;
  return [
    `A coordinator and ${plural(workers, 'worker')} are ready at ${address}. Now, in another terminal:`,
    '',
    `  npx sheaf run examples/flights.ts --cluster ${address}${token}`,
    `  npx sheaf jobs --cluster ${address}${token}`,
    '',
    'Ctrl-C stops all of it.',
  ].join('\n');
}
