import { isS3 } from '../../connectors/s3/location.ts';
import type { Config } from '../../shared/config/config.ts';
import type { Connection } from '../../shared/duckdb/connection.ts';
import { assert, SheafError } from '../../shared/errors.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import type { ScanNode } from '../../shared/plan/nodes/scan.ts';
import type { FileRef } from '../../shared/stage/split.ts';
import type { Dialect } from '../planner/dialect.ts';
import { scansOf } from '../planner/scans.ts';
import { type ResolvedSource, type Sources, scanKey } from '../planner/source.ts';
import { lookIntoArrow } from './arrow.ts';
import { lookIntoCsv } from './csv-files.ts';
import type { FileFacts } from './file-facts.ts';
import { withHiveTypes } from './hive-types.ts';
import { listFiles } from './list-files.ts';
import { lookIntoNdjson } from './ndjson.ts';
import { lookIntoParquet } from './parquet.ts';
import { parquetSample } from './parquet-sample.ts';
import { parquetStatistics } from './parquet-statistics.ts';
import type { RemoteFacts } from './remote.ts';
import type { SourceCache } from './source-cache.ts';
import { unify } from './unify.ts';

/** What looking into files takes. Blocks its thread: the coordinator plans on one of its own. */
export interface SourceTools {
  readonly connection: Connection;
  readonly dialect: Dialect;
  readonly cache: SourceCache;
  readonly config: Pick<Config, 'sourceFilesMax' | 'textSplitBytes'>;
  /** What `lookIntoRemote` has found out before. */
  readonly remote?: RemoteFacts;
}

/**
 * Lists the files of all scans of a plan, those named in SQL text too, and looks into them.
 *
 * @throws SheafError `FILE_NOT_FOUND`, `PERMISSION_DENIED`, `FILE_CORRUPT`, `ROW_MALFORMED`, `SCHEMA_MISMATCH`,
 * `QUOTA_EXCEEDED`, each naming the file; `SQL_INVALID` for SQL text that does not parse
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
  const found = scan.paths.some(isS3) ? scan.paths.flatMap((path) => factsAt(path, scan, tools)) : factsIn(scan, tools);
  const facts = scan.format === 'parquet' ? withHiveTypes(found) : found;
  const schema = unify(facts, scan, tools.dialect);
  if (schema.length === 0) throw noColumns(scan);
  const files = facts.map(({ file }) => file);
  const splits = facts.flatMap(({ splits }) => splits(schema));
  if (scan.format !== 'parquet') return { schema, files, splits };
  const statistics = parquetStatistics(facts, tools.connection, tools.cache);
  // Of what lies in object storage only footers are here.
  if (scan.paths.some(isS3)) return { schema, files, splits, statistics };
  return { schema, files, splits, statistics, sample: parquetSample(schema, tools.connection, tools.cache) };
}

const factsIn = (scan: ScanNode, tools: SourceTools): FileFacts[] =>
  lookInto(listFiles(scan.paths, scan.format, tools.config.sourceFilesMax), scan, tools);

function factsAt(path: string, scan: ScanNode, tools: SourceTools): readonly FileFacts[] {
  if (!isS3(path)) return factsIn({ ...scan, paths: [path] }, tools);
  const facts = tools.remote?.get(scanKey(scan))?.get(path);
  if (facts !== undefined) return facts;
  throw new SheafError('NOT_SUPPORTED', `${path} cannot be looked into here`, { next: 'Run it on a cluster.' });
}

/** What one local file tells of itself. */
export function lookIntoOne(file: FileRef, scan: ScanNode, tools: SourceTools): FileFacts {
  const [facts] = lookInto([file], scan, tools);
  assert(facts !== undefined, 'a file has facts');
  return facts;
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
