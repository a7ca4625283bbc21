import type { Command } from 'commander';
import { clusterCommand } from '../command.ts';
import type { StateOptions } from '../pipeline-state.ts';

export const replayCommand = (): Command =>
  clusterCommand('replay', 'Load the rejected rows of a run, by the rules and parsers that its pipeline has now.', [
    ['npx sheaf replay requests-20260131T081500-3f9a2', 'rows that are rejected again stay in the quarantine'],
    ['npx sheaf replay requests-20260131T081500-3f9a2 --cluster 127.0.0.1:7400', 'in a cluster'],
  ])
    .argument('<run>', 'as npx sheaf runs shows it')
    .option('--state-dir <folder>', 'where a cluster of one’s own remembers it (default: .sheaf)')
    .action(async (run: string, { json, cluster, tokenFile, stateDir }: StateOptions) => {
      const { replayRun } = await import('../run-pipeline.ts');
      const address = cluster ?? (process.env.SHEAF_CLUSTER || undefined);
      await replayRun(run, { cluster: address, tokenFile, stateDir, json: json ?? false, params: {} });
    });
