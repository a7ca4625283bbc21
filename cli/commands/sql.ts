import { type Command, Option } from 'commander';
import { parseExplain, parseStatement } from '../../client/catalog/statement.ts';
import type { Dataset } from '../../client/dataset/dataset.ts';
import type { ActionOptions } from '../../client/job/options.ts';
import { changeCatalog } from '../change-catalog.ts';
import { type ClusterOptions, clusterCommand, duration } from '../command.ts';
import { withOutput } from '../output/file.ts';
import { addParameter, type ParameterValues } from '../parameters.ts';
import { withCluster, withRunningCluster } from '../with-cluster.ts';
import { explain } from './explain.ts';

const formats = ['table', 'json', 'csv'] as const;
type Format = (typeof formats)[number];

interface SqlOptions extends ClusterOptions {
  readonly format?: Format;
  readonly output?: string;
  readonly timeout?: number;
  readonly param?: ParameterValues;
  readonly path?: string;
}

export const sqlCommand = (): Command =>
  clusterCommand('sql', 'Ask a question in the SQL of DuckDB. Without --cluster, this machine answers.', [
    ['npx sheaf sql "select origin, count(*) from \'flights.parquet\' group by all"', 'a table on the terminal'],
    ['npx sheaf sql "select * from \'logs/*.csv\' where status >= 500" --format csv -o errors.csv', 'into a file'],
    ['npx sheaf sql "select 42 as answer" --json', 'JSON for another program'],
    ['npx sheaf sql "from \'f.parquet\' where origin = $origin" --param origin=SEA', 'values that are no SQL'],
    ['npx sheaf sql "from \'flights.parquet\' limit 5" --cluster 127.0.0.1:7400', 'on a cluster that is there'],
  ])
    .argument('<query>', 'a SELECT, which may name files; EXPLAIN [ANALYZE] SELECT; CREATE or DROP of a TABLE or VIEW')
    .addOption(
      new Option('-f, --format <format>', 'how to print (default: table, or by the file of -o)').choices(formats),
    )
    .option('-o, --output <file>', 'write to a file, which appears when all is there')
    .option('--path <directory>', 'of CREATE TABLE: where its files go')
    .option('-p, --param <name=value>', 'a value for $name, or 1=value for the first ?; may be repeated', addParameter)
    .option('--timeout <duration>', 'give up after this long, for example 30s', duration)
    .action(ask);

async function ask(query: string, options: SqlOptions): Promise<void> {
  const statement = parseStatement(query);
  if (statement !== undefined) {
    // A catalog in a cluster that ends with the command would be of no use.
    return await withRunningCluster(options, (cluster, signal) => changeCatalog(cluster, statement, options, signal));
  }
  const asked = parseExplain(query);
  if (asked === undefined) {
    return await withCluster(options, (cluster, signal) =>
      printRows(cluster.sql(query, options.param), options, signal),
    );
  }
  await withCluster(options, (cluster, signal) =>
    explain(cluster.sql(asked.query, options.param), { ...options, analyze: asked.analyze }, signal),
  );
}

async function printRows(dataset: Dataset, options: SqlOptions, signal: AbortSignal): Promise<void> {
  const deadline = options.timeout === undefined ? {} : { deadlineMs: options.timeout };
  const action = { name: 'sql', signal, ...deadline };
  await withOutput(options.output, async (write) => {
    for await (const text of texts(dataset, formatOf(options), action)) await write(text);
  });
}

function formatOf({ format, json, output = '' }: SqlOptions): Format {
  if (format !== undefined) return format;
  if (json || output.endsWith('.json')) return 'json';
  return output.endsWith('.csv') ? 'csv' : 'table';
}

/** The answer, piece by piece; a table is measured first, so it comes as one. */
async function* texts(dataset: Dataset, format: Format, action: ActionOptions): AsyncGenerator<string> {
  if (format === 'table') {
    const { formatTable } = await import('../../client/format/table.ts');
    yield `${formatTable(await dataset.collect(action))}\n`;
    return;
  }
  const { csvLines, jsonLines } = await import('../output/rows.ts');
  if (format === 'csv') {
    const { formatValue } = await import('../../client/format/value.ts');
    yield* csvLines(dataset.stream(action), formatValue);
  } else {
    const { jsonValue } = await import('../output/json-value.ts');
    yield* jsonLines(dataset.stream(action), jsonValue);
  }
}
