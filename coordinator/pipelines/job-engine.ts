import { sourceStepName } from '../../pipeline/compile/load-plan.ts';
import type { Config } from '../../shared/config/config.ts';
import type { JobId } from '../../shared/ids.ts';
import type { Json } from '../../shared/json.ts';
import type { Logger } from '../../shared/log.ts';
import type { JobInfo } from '../../shared/plan/job.ts';
import type { ExtractNode } from '../../shared/plan/nodes/extract.ts';
import type { LoadNode } from '../../shared/plan/nodes/load.ts';
import { extractKey, nodesOf } from '../../shared/plan/walk.ts';
import type { Schema } from '../../shared/schema.ts';
import type { Secrets } from '../../shared/secrets.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { releaseListings } from '../connectors/held-sources.ts';
import type { Listings } from '../connectors/list-sources.ts';
import type { JobDesk } from '../runtime/job-desk.ts';
import type { JobResults } from '../runtime/job-results.ts';
import type { ListedSource } from './decide.ts';
import type { LoadEngine, OpenLoad } from './engine.ts';
import { freshScans } from './fresh-scans.ts';

export interface JobEngineParts {
  readonly desk: JobDesk;
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
    const { desk, results, catalog, secrets, config } = this.#parts;
    const fresh = await freshScans(given, secrets, { config, signal });
    const plan = catalog.expand(fresh.over(given)) as LoadNode;
    const listings = await desk.listSources(plan, signal);
    let job: JobId | undefined;
    const close = async () => {
      if (job !== undefined) desk.release(job);
      await releaseListings(listings, this.#parts.log);
    };
    try {
      return {
        sources: { ...listedSources(plan, listings), ...fresh.sources },
        schemas: await this.#schemas(plan, listings, signal),
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
    const { desk, config, over } = this.#parts;
    const job = this.#jobs.get(key);
    if (job === undefined) return;
    this.#jobs.delete(key);
    await desk.cancel(job, 'nobody waits for this attempt of its run any more');
    const signal = AbortSignal.any([over, AbortSignal.timeout(config.cleanTimeoutMs)]);
    await desk.ended(job, signal).catch(() => {}); // However it ended.
  }

  progress(job: JobId): JobInfo | undefined {
    try {
      return this.#parts.desk.info(job);
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

  async #schemas(plan: LoadNode, listings: Listings, signal: AbortSignal): Promise<Record<string, Schema>> {
    const schemas: Record<string, Schema> = {};
    for (const { name, input, sink } of plan.outputs) {
      signal.throwIfAborted();
      if (sink.connector !== 'collect') schemas[name] = await this.#parts.desk.describe(input, listings);
    }
    return schemas;
  }
}

/** What was listed of each source: its step in the plan names it. */
function listedSources(plan: LoadNode, listings: Listings): Record<string, ListedSource> {
  const prefix = sourceStepName('');
  const sources: Record<string, ListedSource> = {};
  for (const node of nodesOf(plan)) {
    if (node.kind !== 'step' || !node.name.startsWith(prefix)) continue;
    const [extract] = [...nodesOf(node.input)].filter((each) => each.kind === 'extract');
    if (extract) sources[node.name.slice(prefix.length)] = listedSource(extract, listings);
  }
  return sources;
}

function listedSource(node: ExtractNode, listings: Listings): ListedSource {
  const { connector } = node;
  const { listing } = listings.get(extractKey(node)) ?? {};
  if (!listing) return { connector, pieces: 0, first: [] };
  const { pieces, cursor } = listing;
  const first = pieces.slice(0, firstPieces).map(({ piece }) => nameOf(piece));
  return { connector, pieces: pieces.length, first, ...(cursor === undefined ? {} : { cursor }) };
}

/** How many inputs a record names. */
const firstPieces = 10;
const nameFields = ['path', 'key', 'url', 'name', 'table', 'source'];

/** What people call a piece. */
function nameOf(piece: Json): string {
  if (typeof piece === 'string') return piece;
  const fields = typeof piece === 'object' && piece !== null ? Object.entries(piece) : [];
  const named = nameFields.map((field) => fields.find(([name]) => name === field)?.[1]);
  const text = named.find((value) => typeof value === 'string') ?? JSON.stringify(piece);
  return String(text).slice(0, 200);
}
