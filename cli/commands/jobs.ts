import type { Command } from 'commander';
import { type ClusterOptions, clusterCommand } from '../command.ts';
import { textColumns } from '../output/columns.ts';
import { jobHeadings, jobRow } from '../output/job.ts';
import { print, printJson, say } from '../output/print.ts';
import { withRunningCluster } from '../with-cluster.ts';

export const jobsCommand = (): Command =>
  clusterCommand('jobs', 'List the jobs of a cluster, the latest first.', [
    ['npx sheaf jobs --cluster 127.0.0.1:7400', 'all jobs that the coordinator remembers'],
    ['npx sheaf jobs --running', 'those that have not ended'],
    ["npx sheaf jobs --json | jq -r '.[].id'", 'their ids'],
  ])
    .option('--running', 'only those that have not ended')
    .action((options: ClusterOptions & { running?: true }) =>
      withRunningCluster(options, async (cluster) => {
        const all = [...(await cluster.jobs())].sort((left, right) => right.submittedMs - left.submittedMs);
        const jobs = options.running ? all.filter(({ endedMs }) => endedMs === undefined) : all;
        if (options.json) return printJson(jobs);
        if (jobs.length === 0) return say('No jobs.');
        await print(
          textColumns(
            jobHeadings,
            jobs.map((job) => jobRow(job, Date.now())),
          ),
        );
      }),
    );
