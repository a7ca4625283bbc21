import type { Config } from '../../shared/config/config.ts';
import type { Connection } from '../../shared/duckdb/connection.ts';
import { SheafError } from '../../shared/errors.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import type { ScanNode } from '../../shared/plan/nodes/scan.ts';
import type { FileRef } from '../../shared/stage.ts';
import type { Dialect } from '../planner/dialect.ts';
import { scansOf } from '../planner/scans.ts';
import { type ResolvedSource, type Sources, scanKey } from '../planner/source.ts';
import { lookIntoArrow } from './arrow.ts';
import { lookIntoCsv } from './csv-files.ts';
import type { FileFacts } from './file-facts.ts';
import { listFiles } from './list-files.ts';
import { lookIntoNdjson } from './ndjson.ts';
import { lookIntoParquet } from './parquet.ts';
import { parquetSample } from './parquet-sample.ts';
import { parquetStatistics } from './parquet-statistics.ts';
import type { SourceCache } from './source-cache.ts';
import { unify } from './unify.ts';

/** What looking into files takes. Blocks its thread: the coordinator plans on one of its own. */
export interface SourceTools {
  readonly connection: Connection;
  readonly dialect: Dialect;
  readonly cache: SourceCache;
  readonly config: Pick<Config, 'sourceFilesMax' | 'textSplitBytes'>;
}

/**
 * Lists the files of all scans of a plan, those named in SQL text too, and looks into them.
 *
 * @throws SheafError `FILE_NOT_FOUND`, `PERMISSION_DENIED`, `FILE_CORRUPT`, `ROW_MALFORMED`, `SCHEMA_MISMATCH`,
 * `FORMAT_UNKNOWN`, `QUOTA_EXCEEDED`, each naming the file; `SQL_INVALID` for SQL text that does not parse
 */
export function resolveSources(plan: PlanNode, tools: SourceTools): Sources {
  const sources = new Map<string, ResolvedSource>();
  for (const scan of scansOf(plan, tools.dialect)) {
    const key = scanKey(scan);
    if (!sources.has(key)) sources.set(key, resolveScan(scan, tools));
  }
  return sources;
}

function resolveScan(scan: ScanNode, tools: SourceTools): ResolvedSource {
  const files = listFiles(scan.paths, scan.format, tools.config.sourceFilesMax);
  const facts = lookInto(files, scan, tools);
  const schema = unify(facts, scan, tools.dialect);
  if (schema.length === 0) throw noColumns(scan);
  const splits = facts.flatMap(({ splits }) => splits(schema));
  if (scan.format !== 'parquet') return { schema, files, splits };
  const statistics = parquetStatistics(facts, tools.connection, tools.cache);
  return { schema, files, splits, statistics, sample: parquetSample(schema, tools.connection, tools.cache) };
}

function lookInto(files: readonly FileRef[], { format, options }: ScanNode, tools: SourceTools): FileFacts[] {
  const { connection, cache, config } = tools;
  switch (format) {
    case 'parquet':
      return lookIntoParquet(files, connection, cache);
    case 'csv':
      return lookIntoCsv(files, options, config.textSplitBytes, connection, cache);
    case 'ndjson':
      return lookIntoNdjson(files, options, config.textSplitBytes, connection, cache);
    case 'arrow':
      return lookIntoArrow(files, cache);
  }
}

const noColumns = ({ paths }: ScanNode): SheafError =>
  new SheafError('SCHEMA_MISMATCH', `${paths.join(', ')} has no columns`, { next: 'Check the file, or leave it out.' });
