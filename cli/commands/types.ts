import type { Command } from 'commander';
import { SheafError } from '../../shared/errors.ts';
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
        const columns = await cluster.read[formatOf(file)](file).schema({ signal });
        await (options.json ? printJson(columns) : print(typesFile(columns, file)));
      }),
    );

const formats = {
  parquet: 'parquet',
  csv: 'csv',
  tsv: 'csv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  arrow: 'arrow',
} as const;

function formatOf(file: string): (typeof formats)[keyof typeof formats] {
  const [, extension = ''] = /\.(\w+)(?:\.(?:gz|zst))?$/.exec(file.toLowerCase()) ?? [];
  if (Object.hasOwn(formats, extension)) return formats[extension as keyof typeof formats];
  throw new SheafError('FORMAT_UNKNOWN', `The name ${file} does not say what is in it`, {
    next: `Give a name or a pattern that ends with one of: ${Object.keys(formats).join(', ')}; .gz or .zst may follow.`,
  });
}
