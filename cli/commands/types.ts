import type { Command } from 'commander';
import { type ClusterOptions, clusterCommand } from '../command.ts';
import { print, printJson } from '../output/print.ts';
import { withCluster } from '../with-cluster.ts';

export const typesCommand = (): Command =>
  clusterCommand('types', 'Write the schema of a file as TypeScript, so that the compiler knows its columns.', [
    ['npx sheaf types flights.parquet > flights.ts', "then: cluster.read.parquet('flights.parquet', { schema })"],
    ["npx sheaf types 'logs/*.csv'", 'of many files that are alike'],
    ['npx sheaf types flights.parquet --json', 'names and types as data'],
  ])
    .argument('<file>', 'a Parquet, CSV, NDJSON or Arrow file, or a pattern of such')
    .action((file: string, options: ClusterOptions) =>
      withCluster(options, async (cluster, signal) => {
        const { typesFile } = await import('../../client/types-file.ts');
        const columns = await cluster.sql(`select * from '${file.replaceAll("'", "''")}'`).schema({ signal });
        await (options.json ? printJson(columns) : print(typesFile(columns, file)));
      }),
    );
