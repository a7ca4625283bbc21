import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import type { JobId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/log.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import { datasetsOf } from '../../shared/plan/walk.ts';
import type { Secrets } from '../../shared/secrets.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { HeldSources, releaseListings } from '../connectors/held-sources.ts';
import { type Listings, listSources, toExtracts } from '../connectors/list-sources.ts';
import type { DatasetSpool } from './dataset-spool.ts';
import type { Planning } from './planning.ts';

export interface PlannerParts {
  readonly catalog: Pick<Catalog, 'explain'>;
  readonly planning: Planning;
  readonly datasets: DatasetSpool;
  readonly secrets: Secrets;
  /** Aborted when this leader's time is over. */
  readonly over: AbortSignal;
  readonly config: Config;
  readonly log: Logger;
}

export interface PlanOptions {
  readonly slots: number;
  /** Also explain it. */
  readonly explain?: boolean;
  /** Whose cancel ends the listing of its sources. */
  readonly job?: JobId;
  /** Sources that were listed already. */
  readonly listings?: Listings | undefined;
}

/** From a plan to stages: lists its sources, here, then has them planned on the planning thread. */
export class JobPlanner {
  readonly #parts: PlannerParts;
  /** Jobs whose sources are being listed. */
  readonly #listing = new Map<JobId, AbortController>();

  /** What jobs read of sources that were listed for them here. */
  readonly held: HeldSources;

  constructor(parts: PlannerParts) {
    this.#parts = parts;
    this.held = new HeldSources(parts.over, parts.log);
  }

  /** @param run stands in temporary names. @throws SheafError as sources and the planner say */
  async plan(run: string, plan: PlanNode, { slots, explain = false, job, listings }: PlanOptions) {
    const { planning, datasets, catalog, over, log } = this.#parts;
    const stop = new AbortController();
    using _listing = this.#while(job, stop);
    const listed = await this.list(plan, slots, AbortSignal.any([over, stop.signal]), listings);
    const held = Object.fromEntries(datasetsOf(plan).map((id) => [id, datasets.segments(id)]));
    const extracts = toExtracts(listed);
    const own = new Map([...listed].filter(([key]) => !listings?.has(key)));
    try {
      const planned = await planning.plan({ run, plan, slots, datasets: held, extracts, nowMs: Date.now(), explain });
      if (job === undefined) await releaseListings(own, log);
      else this.held.keep(job, own);
      return planned;
    } catch (thrown) {
      await releaseListings(own, log);
      throw catalog.explain(thrown);
    }
  }

  /** What the plan would extract now. */
  async list(plan: PlanNode, slots: number, signal: AbortSignal, known: Listings = new Map()): Promise<Listings> {
    const { secrets, config, log } = this.#parts;
    return await listSources(plan, known, { secrets, slots, config, log, signal });
  }

  /** Ends the listing of a job's sources. */
  cancel(job: JobId, reason: string): void {
    this.#listing.get(job)?.abort(new SheafError('CANCELLED', reason));
  }

  #while(job: JobId | undefined, stop: AbortController): Disposable {
    if (job !== undefined) this.#listing.set(job, stop);
    return { [Symbol.dispose]: () => void (job !== undefined && this.#listing.delete(job)) };
  }
}
