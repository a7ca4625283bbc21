import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { isS3 } from '../../../connectors/s3/location.ts';
import type { Config } from '../../../shared/config/config.ts';
import { Connection } from '../../../shared/duckdb/connection.ts';
import { Database } from '../../../shared/duckdb/database.ts';
import { breaksDatabase } from '../../../shared/duckdb/errors.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { PlanNode } from '../../../shared/plan/node.ts';
import { Secrets } from '../../../shared/secrets.ts';
import { asWritten } from '../../planner/bind/sql/as-written.ts';
import { explainLogical } from '../../planner/explain/logical.ts';
import { explainPlan } from '../../planner/explain/staged.ts';
import { planJob } from '../../planner/plan-job.ts';
import { scansOf } from '../../planner/scans.ts';
import type { Sources } from '../../planner/source.ts';
import { pivotLookups } from '../../planner/sql/pivots/lookups.ts';
import { dialectOf } from '../../sources/dialect.ts';
import { ObjectFacts } from '../../sources/object-facts.ts';
import type { RemoteFacts } from '../../sources/remote.ts';
import { lookIntoOne, resolveSources } from '../../sources/resolve-sources.ts';
import { SourceCache } from '../../sources/source-cache.ts';
import { PlanCache } from './plan-cache.ts';
import { ofPlanner } from './planner-memory.ts';
import { firstInputsMax, type PlanningReply, type PlanningRequest, type ScannedFiles } from './planning-protocol.ts';

const { config, tempDirectory, secretsFolder } = workerData as {
  readonly config: Config;
  readonly tempDirectory: string;
  readonly secretsFolder?: string;
};

/** With what planning may take in memory: footers and sniffed samples. */
function openDuckdb() {
  const database = Database.open({ memoryLimitBytes: config.planningMemoryBytes, tempDirectory });
  const connection = Connection.open(database.address);
  return { database, connection, dialect: dialectOf(connection) };
}

let duckdb = openDuckdb();

/** A question whose planning breaks DuckDB leaves a new one to the next. */
function renewDuckdb(): void {
  for (const part of [duckdb.connection, duckdb.database]) part[Symbol.dispose]();
  duckdb = openDuckdb();
}

const cache = new SourceCache(config.sourceCacheEntriesMax);
const plans = new PlanCache(config.planCacheEntriesMax);
const objects = new ObjectFacts(config.sourceCacheEntriesMax);
const secrets = new Secrets(secretsFolder);

/** What the objects that the plan names tell: nothing is loaded or asked where it names none. */
async function remoteFacts(node: PlanNode): Promise<RemoteFacts> {
  const { connection, dialect } = duckdb;
  const scans = scansOf(node, dialect).filter(({ paths }) => paths.some(isS3));
  if (scans.length === 0) return new Map();
  const { lookIntoRemote } = await import('../../sources/remote.ts');
  mkdirSync(tempDirectory, { recursive: true });
  objects.trim();
  return await lookIntoRemote(scans, {
    config,
    cache: objects,
    directory: tempDirectory,
    resolve: (options) => secrets.resolve(options),
    lookInto: (file, scan) => lookIntoOne(file, scan, { connection, dialect, config, cache: new SourceCache(1) }),
    signal: AbortSignal.timeout(config.planningTimeoutMs),
  });
}

const scannedFiles = (sources: Sources): ScannedFiles =>
  Object.fromEntries(
    [...sources].map(([key, { files }]) => {
      return [key, { count: files.length, first: files.slice(0, firstInputsMax).map(({ path }) => path) }];
    }),
  );

/** Which files there are, and as they are now. */
const snapshotOf = (sources: Sources): string =>
  createHash('sha256')
    .update(JSON.stringify([...sources].map(([key, { files }]) => [key, files])))
    .digest('hex');

/** Piscina calls this with each request. It never throws: a refusal is data. */
export async function plan(request: PlanningRequest): Promise<PlanningReply> {
  const { connection, dialect } = duckdb;
  try {
    const remote = await remoteFacts(request.plan);
    const sources = resolveSources(request.plan, { connection, dialect, cache, config, remote });
    const snapshot = snapshotOf(sources);
    const lookups = pivotLookups(request.plan, dialect, config.pivotValuesMax);
    if (lookups.length > 0) return { kind: 'unknown', lookups, snapshot };
    const { run, datasets, extracts, slots, nowMs } = request;
    const limits = request.distributed ? { ...config, wideBytesMax: 0 } : config;
    const context = { sources, extracts, datasets, dialect, slots, config: limits, nowMs, run };
    const staged = plans.stagesOf(request, snapshot, () => planJob(request.plan, context));
    const files = scannedFiles(sources);
    const text = request.explain
      ? { text: `${explainLogical(request.plan, context)}\n${explainPlan(staged).text}` }
      : {};
    return { kind: 'planned', staged, files, snapshot, ...text };
  } catch (thrown) {
    const error = ofPlanner(asWritten(SheafError.from(thrown), request.plan).toData());
    if (breaksDatabase(error)) renewDuckdb();
    return { kind: 'refused', error };
  }
}
