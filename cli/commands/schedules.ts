import type { Command } from 'commander';
import type { ScheduleInfo } from '../../pipeline/records/schedule.ts';
import { type ClusterOptions, clusterCommand } from '../command.ts';
import { textColumns } from '../output/columns.ts';
import { print, printJson, say } from '../output/print.ts';
import { timeText } from '../output/run.ts';
import { withRunningCluster } from '../with-cluster.ts';

interface Options extends ClusterOptions {
  readonly pause?: string;
  readonly resume?: string;
}

export const schedulesCommand = (): Command =>
  clusterCommand(
    'schedules',
    'List the schedules of a cluster: when each is due next, and its last run. Pause and resume them.',
    [
      ['npx sheaf schedules --cluster 127.0.0.1:7400', 'what is in force'],
      ['npx sheaf schedules --pause requests', 'nothing starts; what runs goes on'],
      ['npx sheaf schedules --resume requests', 'what was due meanwhile is made up as its catchUp says'],
    ],
  )
    .option('--pause <name>', 'the pipeline whose schedule starts nothing from now on')
    .option('--resume <name>', 'the pipeline whose schedule goes on')
    .action((options: Options) =>
      withRunningCluster(options, async ({ pipelines }) => {
        const { pause, resume, json } = options;
        const changed = [
          ...(pause === undefined ? [] : [await pipelines.pause(pause)]),
          ...(resume === undefined ? [] : [await pipelines.resume(resume)]),
        ];
        const schedules = changed.length > 0 ? changed : await pipelines.schedules();
        if (json) return printJson(schedules);
        if (schedules.length === 0)
          return say('No schedules: deploy a pipeline that has one with sheaf schedule FILE.');
        await print(textColumns(headings, schedules.map(row)));
      }),
    );

const headings = ['pipeline', 'state', 'schedule', 'time zone', 'next', 'last', 'was', 'note'];

const row = (info: ScheduleInfo): string[] => {
  const { pipeline, schedule, paused, nextMs, lastRun } = info;
  const [next] = nextMs;
  return [
    pipeline,
    paused ? 'paused' : 'on',
    schedule.cron,
    schedule.timeZone,
    next === undefined ? '-' : timeText(next),
    lastRun ? timeText(lastRun.dueMs) : '-',
    lastRun?.state ?? '-',
    noteOf(info),
  ];
};

function noteOf({ error, leftOut }: ScheduleInfo): string {
  if (error) return `${error.code}: ${error.message}`;
  if (!leftOut) return '';
  return `${timeText(leftOut.dueMs)} was left out: ${leftOut.why === 'overlap' ? 'the last run was not over' : 'missed'}`;
}
