import type { Config } from '../../../shared/config/config.ts';
import type { JobId } from '../../../shared/ids.ts';
import type { Logger } from '../../../shared/log.ts';
import type { JobInfo } from '../../../shared/plan/job.ts';
import type { LoadNode } from '../../../shared/plan/nodes/load.ts';
import type { Schema } from '../../../shared/schema.ts';
import type { Secrets } from '../../../shared/secrets.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { releaseListings } from '../../connectors/held-sources.ts';
import type { Listings } from '../../connectors/list-sources.ts';
import type { HeldResults } from '../../runtime/jobs/held-results.ts';
import type { JobDesk } from '../../runtime/jobs/job-desk.ts';
import type { JobResults } from '../../runtime/jobs/job-results.ts';
import type { JobViews } from '../../runtime/jobs/job-views.ts';
import type { ScannedFiles } from '../../runtime/planning/planning-protocol.ts';
import type { LoadEngine, OpenLoad } from './engine.ts';
import { freshScans } from './fresh-scans.ts';
import { listedSources } from './listed-sources.ts';

/** What {@link JobEngine} works with. */
export interface JobEngineParts {
  readonly desk: JobDesk;
  readonly jobs: JobViews;
  readonly heldResults: HeldResults;
  readonly results: JobResults;
  readonly catalog: Pick<Catalog, 'expand'>;
  readonly secrets: Secrets;
  readonly over: AbortSignal;
  readonly config: Config;
  readonly log: Logger;
}

/** Runs' jobs at the leader's own desk. */
export class JobEngine implements LoadEngine {
  readonly #parts: JobEngineParts;
  readonly #jobs = new Map<string, JobId>();

  constructor(parts: JobEngineParts) {
    this.#parts = parts;
  }

  async open(given: LoadNode, signal: AbortSignal): Promise<OpenLoad> {
    const { desk, heldResults, results, catalog, secrets, config } = this.#parts;
    const fresh = await freshScans(given, secrets, { config, signal });
    const plan = catalog.expand(fresh.over(given)) as LoadNode;
    const listings = await desk.listSources(plan, signal);
    let job: JobId | undefined;
    const close = async () => {
      if (job !== undefined) heldResults.release(job);
      await releaseListings(listings, this.#parts.log);
    };
    try {
      const { schemas, files } = await this.#described(plan, listings, signal);
      return {
        sources: { ...listedSources(plan, listings, files), ...fresh.sources },
        schemas,
        submit: async (prepared, key) => {
          job = await this.#submit(fresh.over(prepared), key, listings);
          return job;
        },
        receipts: (id, wanted) => results.receipts(id, wanted),
        close,
      };
    } catch (thrown) {
      await close();
      throw thrown;
    }
  }

  async cancel(key: string): Promise<void> {
    const { desk, jobs, config, over } = this.#parts;
    const job = this.#jobs.get(key);
    if (job === undefined) return;
    this.#jobs.delete(key);
    await desk.cancel(job, 'nobody waits for this attempt of its run any more');
    const signal = AbortSignal.any([over, AbortSignal.timeout(config.cleanTimeoutMs)]);
    await jobs.ended(job, signal).catch(() => {}); // However it ended.
  }

  progress(job: JobId): JobInfo | undefined {
    try {
      return this.#parts.jobs.info(job);
    } catch {
      return undefined; // Forgotten: the history of jobs is limited.
    }
  }

  async #submit(plan: LoadNode, key: string, listings: Listings): Promise<JobId> {
    const request = { plan, name: `run ${plan.run}`, priority: 0, key };
    const job = await this.#parts.desk.submit(request, { listings, transient: true });
    this.#jobs.set(key, job);
    return job;
  }

  /** What comes to each output, and the files of which it is made. */
  async #described(plan: LoadNode, listings: Listings, signal: AbortSignal) {
    const schemas: Record<string, Schema> = {};
    const files: Record<string, ScannedFiles[string]> = {};
    for (const { name, input, sink } of plan.outputs) {
      signal.throwIfAborted();
      if (sink.connector === 'collect') continue;
      const described = await this.#parts.desk.describe(input, listings);
      schemas[name] = described.schema;
      Object.assign(files, described.files);
    }
    return { schemas, files };
  }
}
