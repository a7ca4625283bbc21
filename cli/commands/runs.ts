import type { Command } from 'commander';
import { clusterCommand, positiveInteger } from '../command.ts';
import { textColumns } from '../output/columns.ts';
import { print, printJson, say } from '../output/print.ts';
import { runHeadings, runRow } from '../output/run.ts';
import { type StateOptions, withPipelineState } from '../pipeline-state.ts';

export const runsCommand = (): Command =>
  clusterCommand('runs', 'List runs of pipelines, the latest first.', [
    ['npx sheaf runs', 'of all pipelines, as the folder .sheaf here remembers them'],
    ['npx sheaf runs requests --cluster 127.0.0.1:7400', 'of one pipeline, in a cluster'],
    ["npx sheaf runs --json | jq -r '.[0].id'", 'the id of the last one'],
  ])
    .argument('[pipeline]', 'its name')
    .option('-n, --limit <n>', 'how many at most', positiveInteger)
    .option('--state-dir <folder>', 'where a cluster of one’s own remembers them (default: .sheaf)')
    .action((pipeline: string | undefined, options: StateOptions & { limit?: number }) =>
      withPipelineState(options, async (state) => {
        const { limit } = options;
        const wanted = { ...(pipeline === undefined ? {} : { pipeline }), ...(limit === undefined ? {} : { limit }) };
        const runs = await state.runs(wanted);
        if (options.json) return printJson(runs);
        if (runs.length === 0) return say('No runs.');
        await print(
          textColumns(
            runHeadings,
            runs.map((run) => runRow(run, Date.now())),
          ),
        );
      }),
    );
