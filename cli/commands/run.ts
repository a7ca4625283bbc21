import type { Command } from 'commander';
import { type ClusterOptions, clusterCommand } from '../command.ts';

export const runCommand = (): Command =>
  clusterCommand(
    'run',
    'Run a TypeScript program. Without --cluster, connect() starts a cluster for it on this machine.',
    [
      ['npx sheaf run examples/flights.ts', 'on a cluster of its own'],
      ['npx sheaf run job.ts --cluster 127.0.0.1:7400', 'on a cluster that is there'],
      ['npx sheaf run load.ts -- --day 2001-01-31', 'what follows -- is for the program'],
      ['SHEAF_CLUSTER=127.0.0.1:7400 npx sheaf run job.ts > rows.txt', 'stdout is all its own'],
    ],
  )
    .argument('<file>', 'the program')
    .argument('[args...]', 'its arguments')
    .option('--progress <mode>', 'auto, always or never (default: auto)')
    .option('--secrets <folder>', 'values of secrets, one file each, for a cluster of its own')
    .action(async (file: string, args: string[], options: ClusterOptions & { progress?: string; secrets?: string }) => {
      const { runFile } = await import('../run-file.ts');
      process.exitCode = await runFile(file, args, options);
    });
