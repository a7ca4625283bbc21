import type { Command } from 'commander';
import { clusterCommand } from '../command.ts';
import { addText } from '../parameters.ts';
import type { RunFileOptions } from '../run-file.ts';

export const runCommand = (): Command =>
  clusterCommand(
    'run',
    'Run a TypeScript program, or the pipeline that it exports, once. Without --cluster, a cluster is started for it on this machine.',
    [
      ['npx sheaf run examples/flights.ts', 'on a cluster of its own'],
      ['npx sheaf run job.ts --cluster 127.0.0.1:7400', 'on a cluster that is there'],
      ['npx sheaf run requests.ts --param day=2001-01-31', 'a pipeline; .sheaf here remembers where it left off'],
      ['npx sheaf run load.ts -- --day 2001-01-31', 'what follows -- is for the program'],
      ['SHEAF_CLUSTER=127.0.0.1:7400 npx sheaf run job.ts > rows.txt', 'stdout is all its own'],
    ],
  )
    .argument('<file>', 'the program')
    .argument('[args...]', 'its arguments')
    .option('--progress <mode>', 'auto, always or never (default: auto)')
    .option('--secrets <folder>', 'values of secrets, one file each, for a cluster of its own')
    .option('--param <name=value>', 'of a pipeline: the value of a parameter', addText)
    .option('--state-dir <folder>', 'of a pipeline: where a cluster of its own remembers it (default: .sheaf)')
    .action(async (file: string, args: string[], options: RunFileOptions) => {
      const { runFile } = await import('../run-file.ts');
      process.exitCode = await runFile(file, args, options);
    });
