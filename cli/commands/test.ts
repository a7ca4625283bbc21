import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Difference, Row } from '../../pipeline/samples/compare.ts';
import type { SampleResult } from '../../pipeline/samples/run-samples.ts';
import { exitCodes, SheafError } from '../../shared/errors.ts';
import { type ClusterOptions, clusterCommand } from '../command.ts';
import { loadPipeline } from '../load-pipeline.ts';
import { errorText } from '../output/error.ts';
import { print, printJson, say } from '../output/print.ts';
import { withCluster } from '../with-cluster.ts';

export const testCommand = (): Command =>
  clusterCommand(
    'test',
    'Run the samples of a pipeline: given rows in place of its sources, and compare what comes of them. Nothing is loaded.',
    [
      ['npx sheaf test pipelines/requests.ts', 'on a cluster of its own'],
      ['npx sheaf test pipelines/requests.ts --json', 'for programs'],
    ],
  )
    .argument('<file>', 'the pipeline')
    .action(async (file: string, options: ClusterOptions) => {
      const pipeline = await loadPipeline(file);
      const results: SampleResult[] = [];
      if ((pipeline.spec.samples ?? []).length === 0)
        return say(`${file} has no samples: give it some, as \`samples\`.`);
      await withCluster(options, async (cluster) => {
        for await (const result of cluster.pipelines.test(pipeline, dirname(resolve(file)))) {
          results.push(result);
          if (!options.json) await print(resultText(result));
        }
      });
      const failed = results.filter(({ passed }) => !passed).length;
      if (options.json) await printJson(results);
      else say(`${results.length - failed} passed, ${failed} failed`);
      if (failed > 0) process.exitCode = exitCodes.jobFailed;
    });

function resultText({ name, passed, differences, error }: SampleResult): string {
  const lines = Object.entries(differences).flatMap(([relation, found]) => differenceLines(relation, found));
  const why = error === undefined ? lines : [errorText(SheafError.fromData(error)).trimEnd()];
  return [`${passed ? '✔' : '✖'} ${name}`, ...(passed ? [] : why.map((line) => `  ${line}`))].join('\n').concat('\n');
}

/** More rows than these are counted only. */
const shownMax = 10;

function differenceLines(relation: string, { missing, unexpected }: Difference): string[] {
  return [
    ...listed(`${relation}: expected, and not there`, missing),
    ...listed(`${relation}: not expected`, unexpected),
  ];
}

function listed(what: string, rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const shown = rows.slice(0, shownMax).map((row) => `    ${JSON.stringify(row)}`);
  const more = rows.length > shownMax ? [`    and ${rows.length - shownMax} more`] : [];
  return [`${what}:`, ...shown, ...more];
}
