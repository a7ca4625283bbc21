import type { Command } from 'commander';
import type { TableInfo } from '../../client/catalog/catalog.ts';
import { formatDuration } from '../../shared/quantities.ts';
import { type ClusterOptions, clusterCommand } from '../command.ts';
import { textColumns } from '../output/columns.ts';
import { print, printJson, say } from '../output/print.ts';
import { withRunningCluster } from '../with-cluster.ts';

export const tablesCommand = (): Command =>
  clusterCommand('tables', 'List the tables and views of a cluster, which SQL reads by their names.', [
    ['npx sheaf tables --cluster 127.0.0.1:7400', 'what there is'],
    ["npx sheaf tables --json | jq '.[].schema'", 'with their columns'],
    ['npx sheaf sql "create view late as from \'flights.parquet\' where delay > 15"', 'how one is made'],
  ]).action((options: ClusterOptions) =>
    withRunningCluster(options, async (cluster) => {
      const tables = await cluster.tables();
      if (options.json) return printJson(tables);
      if (tables.length === 0)
        return say('No tables and no views: make one with sheaf sql "create view … as select …".');
      const rows = tables.map((table) => row(table, Date.now()));
      await print(textColumns(headings, rows));
    }),
  );

const headings = ['name', 'kind', 'columns', 'made', 'of'];

const row = ({ name, kind, schema, createdMs, paths, sql }: TableInfo, nowMs: number): string[] => [
  name,
  kind,
  String(schema.length),
  `${formatDuration(nowMs - createdMs)} ago`,
  shortened(paths?.join(', ') ?? sql ?? 'a dataset'),
];

/** One line of a terminal. */
const charactersMax = 80;
const shortened = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= charactersMax ? line : `${line.slice(0, charactersMax - 1)}…`;
};
