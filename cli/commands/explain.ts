import type { Command } from 'commander';
import type { Dataset } from '../../client/dataset/dataset.ts';
import { type ClusterOptions, clusterCommand } from '../command.ts';
import { analysisText } from '../output/analysis.ts';
import { print, printJson } from '../output/print.ts';
import { addParameter, type ParameterValues } from '../parameters.ts';
import { withCluster } from '../with-cluster.ts';

export const explainCommand = (): Command =>
  clusterCommand(
    'explain',
    'Show the logical plan of a question and the stages that it would run as, or what they did.',
    [
      [
        'npx sheaf explain "select origin, count(*) from \'flights.parquet\' group by all"',
        'its logical plan and stages',
      ],
      ['npx sheaf explain "select * from \'flights.parquet\'" --json | jq .schema', 'the columns of its result'],
      ['npx sheaf explain --analyze "select count(*) from \'flights.parquet\'"', 'runs it: rows, bytes, time, spill'],
    ],
  )
    .argument('<query>', 'a SELECT in the SQL of DuckDB')
    .option('--analyze', 'run it, and show what each stage and its tasks did; the rows are not shown')
    .option('-p, --param <name=value>', 'a value for $name, or 1=value for the first ?; may be repeated', addParameter)
    .action((query: string, options: ExplainOptions) =>
      withCluster(options, (cluster, signal) => explain(cluster.sql(query, options.param), options, signal)),
    );

interface ExplainOptions extends ClusterOptions {
  readonly param?: ParameterValues;
  readonly analyze?: boolean;
}

/** Prints the logical plan and the stages of a question, or, for `analyze`, what they did. */
export async function explain(
  dataset: Dataset,
  { analyze, json }: Pick<ExplainOptions, 'analyze' | 'json'>,
  signal: AbortSignal,
): Promise<void> {
  if (analyze) {
    const analysis = await dataset.analyze({ signal });
    if (!json) return await print(analysisText(analysis));
    const { text, job } = analysis;
    return await printJson({ explanation: text, schema: analysis.json.schema, job });
  }
  if (!json) return await print(`${(await dataset.explain({ signal })).trimEnd()}\n`);
  await printJson({ explanation: await dataset.explain({ signal }), schema: await dataset.schema({ signal }) });
}
