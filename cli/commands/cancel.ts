import type { Command } from 'commander';
import type { Cluster } from '../../client/cluster.ts';
import { type ClusterOptions, clusterCommand } from '../command.ts';
import { printJson, say } from '../output/print.ts';
import { withRunningCluster } from '../with-cluster.ts';

interface CancelOptions extends ClusterOptions {
  readonly abandon?: boolean;
}

export const cancelCommand = (): Command =>
  clusterCommand(
    'cancel',
    'Cancel a job, or a run of a pipeline. Nothing of it stays at its destination; the cluster works on.',
    [
      ['npx sheaf cancel job-3f9a2c --cluster 127.0.0.1:7400', 'whoever waits for it gets CANCELLED'],
      ['npx sheaf cancel requests-20260131T081500-3f9a2', 'a run, unless its load is decided'],
      [
        'npx sheaf cancel requests-20260131T081500-3f9a2 --abandon',
        'though one sink has committed and another refuses',
      ],
      ["npx sheaf jobs --running --json | jq -r '.[].id' | xargs -n1 npx sheaf cancel", 'cancel all that run'],
    ],
  )
    .argument('<id>', 'as npx sheaf jobs or npx sheaf runs shows it')
    .option('--abandon', 'also a run that a sink keeps from being committed, half loaded as it may be')
    .action((id: string, options: CancelOptions) =>
      withRunningCluster(options, async (cluster) => {
        const state = await (id.startsWith('job-') ? cancelJob(cluster, id) : cancelRun(cluster, id, options));
        if (options.json) await printJson({ id, state });
        else say(`${id} is ${state}.`);
      }),
    );

async function cancelJob(cluster: Cluster, id: string): Promise<string> {
  await cluster.cancel(id);
  return (await cluster.job(id)).state;
}

async function cancelRun({ pipelines }: Cluster, id: string, { abandon = false }: CancelOptions): Promise<string> {
  await pipelines.cancel(id, { abandon });
  return (await pipelines.runInfo(id)).life.state;
}
