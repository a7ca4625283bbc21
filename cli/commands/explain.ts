import type { Command } from 'commander';
import { type ClusterOptions, clusterCommand } from '../command.ts';
import { print, printJson } from '../output/print.ts';
import { addParameter, type ParameterValues } from '../parameters.ts';
import { withCluster } from '../with-cluster.ts';

export const explainCommand = (): Command =>
  clusterCommand('explain', 'Show the stages that a question would run as, without running it.', [
    ['npx sheaf explain "select origin, count(*) from \'flights.parquet\' group by all"', 'its stages'],
    ['npx sheaf explain "select * from \'flights.parquet\'" --json | jq .schema', 'the columns of its result'],
  ])
    .argument('<query>', 'a SELECT in the SQL of DuckDB')
    .option('-p, --param <name=value>', 'a value for $name, or 1=value for the first ?; may be repeated', addParameter)
    .action((query: string, options: ClusterOptions & { readonly param?: ParameterValues }) =>
      withCluster(options, async (cluster, signal) => {
        const dataset = cluster.sql(query, options.param);
        if (!options.json) return print(`${(await dataset.explain({ signal })).trimEnd()}\n`);
        await printJson({ explanation: await dataset.explain({ signal }), schema: await dataset.schema({ signal }) });
      }),
    );
