import type { Command } from 'commander';
import { type ClusterOptions, clusterCommand } from '../command.ts';
import { printJson, say } from '../output/print.ts';
import { withRunningCluster } from '../with-cluster.ts';

export const cancelCommand = (): Command =>
  clusterCommand('cancel', 'Cancel a job. Nothing of it stays at its destination; the cluster works on.', [
    ['npx sheaf cancel job-3f9a2c --cluster 127.0.0.1:7400', 'whoever waits for it gets CANCELLED'],
    ["npx sheaf jobs --running --json | jq -r '.[].id' | xargs -n1 npx sheaf cancel", 'cancel all that run'],
  ])
    .argument('<id>', 'as npx sheaf jobs shows it')
    .action((id: string, options: ClusterOptions) =>
      withRunningCluster(options, async (cluster) => {
        await cluster.cancel(id);
        const { state } = await cluster.job(id);
        if (options.json) await printJson({ id, state });
        else say(`${id} is ${state}.`);
      }),
    );
