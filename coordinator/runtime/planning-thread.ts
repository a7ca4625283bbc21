import { workerData } from 'node:worker_threads';
import type { Config } from '../../shared/config/config.ts';
import { Connection } from '../../shared/duckdb/connection.ts';
import { Database } from '../../shared/duckdb/database.ts';
import { SheafError } from '../../shared/errors.ts';
import { explainPlan } from '../planner/explain.ts';
import { planJob } from '../planner/plan-job.ts';
import { dialectOf } from '../sources/dialect.ts';
import { resolveSources } from '../sources/resolve-sources.ts';
import { SourceCache } from '../sources/source-cache.ts';
import type { PlanningReply, PlanningRequest } from './planning-protocol.ts';

const { config, tempDirectory } = workerData as { readonly config: Config; readonly tempDirectory: string };

/** What planning may take in memory: footers and sniffed samples. */
const database = Database.open({ memoryLimitBytes: config.planningMemoryBytes, tempDirectory });
const connection = Connection.open(database.address);
const dialect = dialectOf(connection);
const cache = new SourceCache(config.sourceCacheEntriesMax);

/** Piscina calls this with each request. It never throws: a refusal is data. */
export async function plan(request: PlanningRequest): Promise<PlanningReply> {
  try {
    const sources = resolveSources(request.plan, { connection, dialect, cache, config });
    const { run, datasets, extracts, slots, nowMs } = request;
    const staged = planJob(request.plan, { sources, extracts, datasets, dialect, slots, config, nowMs, run });
    return { kind: 'planned', staged, ...(request.explain ? { text: explainPlan(staged).text } : {}) };
  } catch (thrown) {
    return { kind: 'refused', error: SheafError.from(thrown).toData() };
  }
}
