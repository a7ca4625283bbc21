import type { Command } from 'commander';
import { type ClusterOptions, clusterCommand } from '../command.ts';
import { jobText } from '../output/job.ts';
import { print, printJson } from '../output/print.ts';
import { withRunningCluster } from '../with-cluster.ts';

export const jobCommand = (): Command =>
  clusterCommand('job', 'Show one job: its stages, what was run again and why, and its error.', [
    ['npx sheaf job job-3f9a2c --cluster 127.0.0.1:7400', 'how far it is'],
    ['npx sheaf job job-3f9a2c --json | jq .reruns', 'what was run again, by cause'],
  ])
    .argument('<id>', 'as npx sheaf jobs shows it')
    .action((id: string, options: ClusterOptions) =>
      withRunningCluster(options, async (cluster) => {
        const job = await cluster.job(id);
        await (options.json ? printJson(job) : print(jobText(job, Date.now())));
      }),
    );
