import type { Command } from 'commander';
import { clusterCommand } from '../command.ts';
import { print, printJson } from '../output/print.ts';
import { runTextWithError } from '../output/run.ts';
import { type StateOptions, withPipelineState } from '../pipeline-state.ts';

export const runInfoCommand = (): Command =>
  clusterCommand('run-info', 'Show one run: what it read and loaded, what was rejected and by which rule, its error.', [
    ['npx sheaf run-info requests-20260131T081500-3f9a2', 'from the folder .sheaf here'],
    ['npx sheaf run-info requests-20260131T081500-3f9a2 --json | jq .life.summary', 'all that is known of it'],
  ])
    .argument('<id>', 'as npx sheaf runs shows it')
    .option('--state-dir <folder>', 'where a cluster of one’s own remembers it (default: .sheaf)')
    .action((id: string, options: StateOptions) =>
      withPipelineState(options, async (state) => {
        const run = await state.runInfo(id);
        await (options.json ? printJson(run) : print(runTextWithError(run, Date.now())));
      }),
    );
