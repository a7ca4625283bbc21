import type { Command } from 'commander';
import type { PipelineRecord } from '../../pipeline/records/record.ts';
import { clusterCommand } from '../command.ts';
import { textColumns } from '../output/columns.ts';
import { print, printJson, say } from '../output/print.ts';
import { type StateOptions, withPipelineState } from '../pipeline-state.ts';
import { withRunningCluster } from '../with-cluster.ts';

export const pipelinesCommand = (): Command =>
  clusterCommand('pipelines', 'List the pipelines that a cluster, or the folder .sheaf here, knows.', [
    ['npx sheaf pipelines', 'those that were run here'],
    ['npx sheaf pipelines --cluster 127.0.0.1:7400', 'those of a cluster'],
    ['npx sheaf pipelines --remove requests --cluster 127.0.0.1:7400', 'forget one, its cursors and runs'],
  ])
    .option('--remove <name>', 'forget it, where it left off, and its runs; what it loaded stays')
    .option('--state-dir <folder>', 'where a cluster of one’s own remembers them (default: .sheaf)')
    .action((options: StateOptions & { remove?: string }) =>
      options.remove ? remove(options.remove, options) : list(options),
    );

const remove = (name: string, options: StateOptions): Promise<void> =>
  withRunningCluster(options, async (cluster) => {
    await cluster.pipelines.remove(name);
    if (options.json) await printJson({ removed: name });
    else say(`${name} is forgotten; what it loaded stays.`);
  });

const list = (options: StateOptions): Promise<void> =>
  withPipelineState(options, async (state) => {
    const pipelines = await state.list();
    if (options.json) return printJson(pipelines);
    if (pipelines.length === 0) return say('No pipelines.');
    await print(textColumns(['pipeline', 'version', 'deployed', 'updated'], pipelines.map(row)));
  });

const row = ({ name, version, deployed, updatedMs }: PipelineRecord): string[] => [
  name,
  version.slice(0, 12),
  deployed === undefined ? 'no' : deployed === version ? 'yes' : deployed.slice(0, 12),
  new Date(updatedMs).toISOString(),
];
