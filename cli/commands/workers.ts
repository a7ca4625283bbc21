import type { Command } from 'commander';
import type { WorkerInfo } from '../../shared/plan/job.ts';
import { formatBytes, formatDuration } from '../../shared/quantities.ts';
import { type ClusterOptions, clusterCommand } from '../command.ts';
import { textColumns } from '../output/columns.ts';
import { print, printJson, say } from '../output/print.ts';
import { withRunningCluster } from '../with-cluster.ts';

export const workersCommand = (): Command =>
  clusterCommand('workers', 'List the workers of a cluster.', [
    ['npx sheaf workers --cluster 127.0.0.1:7400', 'who they are and what they do'],
    ["npx sheaf workers --json | jq 'map(.slots) | add'", 'how many tasks run at a time'],
  ]).action((options: ClusterOptions) =>
    withRunningCluster(options, async (cluster) => {
      const workers = await cluster.workers();
      if (options.json) return printJson(workers);
      if (workers.length === 0) return say('No workers: start some with npx sheaf worker.');
      await print(
        textColumns(
          headings,
          workers.map((worker) => row(worker, Date.now())),
        ),
      );
    }),
  );

const headings = ['worker', 'state', 'busy', 'memory', 'exchange', 'joined', 'host', 'pid', 'address'];

const row = (worker: WorkerInfo, nowMs: number): string[] => [
  worker.id,
  worker.state,
  `${worker.running}/${worker.slots}`,
  formatBytes(worker.rssBytes),
  formatBytes(worker.exchangeBytes),
  `${formatDuration(nowMs - worker.joinedMs)} ago`,
  worker.host,
  String(worker.pid),
  worker.address,
];
