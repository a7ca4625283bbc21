import type { Command } from 'commander';
import type { BackfilledInterval, BackfillProgress } from '../../client/pipelines/backfill.ts';
import { exitCodes } from '../../shared/errors.ts';
import { plural } from '../../shared/quantities.ts';
import { type ClusterOptions, clusterCommand, positiveInteger } from '../command.ts';
import { print, printJson, say } from '../output/print.ts';
import { summaryOf, timeText } from '../output/run.ts';
import { withRunningCluster } from '../with-cluster.ts';

interface Options extends ClusterOptions {
  readonly from: string;
  readonly to: string;
  readonly parallel: number;
  readonly again?: boolean;
}

export const backfillCommand = (): Command =>
  clusterCommand(
    'backfill',
    'Load the intervals of a pipeline’s schedule that are not loaded, each by a run of its own. Told again, it redoes only what failed.',
    [
      ['npx sheaf backfill requests --from 2026-01-01 --to 2026-02-01', 'the days of January, for a daily schedule'],
      ['npx sheaf backfill requests --from 2026-01-01 --to 2026-02-01 --parallel 4', 'four runs at a time'],
      [
        'npx sheaf backfill requests --from 2026-01-01 --to 2026-02-01 --again',
        'also what is loaded, for sinks that merge',
      ],
    ],
  )
    .argument('<pipeline>', 'its name')
    .requiredOption(
      '--from <time>',
      'where the first interval begins: 2026-01-31 or 2026-01-31T08:15, in the schedule’s time zone',
    )
    .requiredOption('--to <time>', 'where the last interval ends')
    .option('--parallel <n>', 'runs at a time', positiveInteger, 1)
    .option('--again', 'also what is loaded already')
    .action((pipeline: string, { from, to, parallel, again = false, json, ...options }: Options) =>
      withRunningCluster(options, async (cluster, signal) => {
        const onProgress = json ? () => {} : tell;
        const wanted = { from, to, parallel, again, signal, onProgress };
        const backfill = await cluster.pipelines.backfill(pipeline, wanted);
        if (json) await printJson(backfill);
        const failed = backfill.intervals.filter(({ state }) => state !== 'succeeded' && state !== 'loaded').length;
        if (failed === 0) return;
        say(`${failed} of ${backfill.intervals.length} intervals are not loaded: the same command tries them again.`);
        process.exitCode = exitCodes.jobFailed;
      }),
    );

function tell({ startMs, endMs, state, run }: BackfilledInterval, { done, of }: BackfillProgress): void {
  const rows = (run && summaryOf(run)?.outputs.reduce((sum, output) => sum + output.rows, 0)) ?? 0;
  const what = state === 'succeeded' ? plural(rows, 'row') : state === 'loaded' ? 'before' : errorOf(run);
  const cells = [`${done}/${of}`, `${timeText(startMs)} to ${timeText(endMs)}`, state, run?.id ?? '-', what];
  void print(`${cells.join('  ')}\n`);
}

const errorOf = (run: BackfilledInterval['run']): string =>
  run?.life.state === 'failed' ? `${run.life.error.code}: ${run.life.error.message}` : '';
