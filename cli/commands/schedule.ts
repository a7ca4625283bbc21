import type { Command } from 'commander';
import { type ClusterOptions, clusterCommand } from '../command.ts';
import { loadPipeline } from '../load-pipeline.ts';
import { print, printJson, say } from '../output/print.ts';
import { timeText } from '../output/run.ts';
import { withRunningCluster } from '../with-cluster.ts';

export const scheduleCommand = (): Command =>
  clusterCommand(
    'schedule',
    'Deploy a pipeline to a cluster, which runs it when its schedule says. Prints when it is due next.',
    [
      ['npx sheaf schedule requests.ts --cluster 127.0.0.1:7400', 'from now on, also after a coordinator’s end'],
      ['npx sheaf schedule requests.ts --pause', 'nothing starts before sheaf schedules --resume requests'],
      ['npx sheaf schedules', 'what is in force'],
    ],
  )
    .argument('<file>', 'the pipeline')
    .option('--pause', 'deploy it with its schedule paused')
    .action(async (file: string, options: ClusterOptions & { pause?: true }) => {
      const pipeline = await loadPipeline(file);
      await withRunningCluster(options, async ({ pipelines }) => {
        const record = await pipelines.deploy(pipeline, { pause: options.pause ?? false });
        const schedule = (await pipelines.schedules()).find((each) => each.pipeline === record.name);
        if (options.json) return printJson({ ...record, ...(schedule ? { schedule } : {}) });
        say(`${record.name} is deployed, version ${record.version.slice(0, 12)}.`);
        if (!schedule) return say('It has no schedule: nothing starts it.');
        const { cron, timeZone } = schedule.schedule;
        if (schedule.paused)
          return say(`'${cron}' in ${timeZone} is paused: npx sheaf schedules --resume ${record.name}`);
        say(`'${cron}' in ${timeZone} is due next:`);
        await print(schedule.nextMs.map((atMs) => `${timeText(atMs)}\n`).join(''));
      });
    });
