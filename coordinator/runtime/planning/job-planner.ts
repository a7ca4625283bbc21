import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { JobId } from '../../../shared/ids.ts';
import type { Logger } from '../../../shared/log.ts';
import type { PlanNode } from '../../../shared/plan/node.ts';
import { datasetsOf } from '../../../shared/plan/walk.ts';
import type { Secrets } from '../../../shared/secrets.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { HeldSources, releaseListings } from '../../connectors/held-sources.ts';
import { type Listings, listSources, toExtracts } from '../../connectors/list-sources.ts';
import type { DatasetSpool } from '../dataset-spool.ts';
import { planWithPivots } from './pivot-values.ts';
import type { Planning } from './planning.ts';

/** What {@link JobPlanner} works with. */
export interface PlannerParts {
  readonly catalog: Pick<Catalog, 'explain'>;
  readonly planning: Planning;
  readonly datasets: DatasetSpool;
  readonly secrets: Secrets;
  /** Runs a plan of one column, of texts, as a job of its own. */
  readonly lookUp: (plan: PlanNode, options: LookUpOptions) => Promise<readonly string[]>;
  /** Aborted when this leader's time is over. */
  readonly over: AbortSignal;
  readonly config: Config;
  readonly log: Logger;
}

/** How a lookup is run: as the job that waits for it. */
export interface LookUpOptions {
  readonly name: string;
  readonly priority: number;
  readonly deadlineMs?: number;
  /** Sources that were listed already. */
  readonly listings: Listings;
  /** Aborted when nobody wants the values any more. */
  readonly signal: AbortSignal;
}

/** How a plan is to be planned. */
export interface PlanOptions extends Pick<Partial<LookUpOptions>, 'priority' | 'deadlineMs'> {
  readonly slots: number;
  /** Also explain it. */
  readonly explain?: boolean;
  /** As many tasks, however little it reads. */
  readonly distributed?: boolean;
  /** Whose cancel ends the listing of its sources. */
  readonly job?: JobId;
  /** Sources that were listed already. */
  readonly listings?: Listings | undefined;
}

/** From a plan to stages: lists its sources, here, then has them planned on the planning thread. */
export class JobPlanner {
  readonly #parts: PlannerParts;
  /** Jobs whose sources are being listed, or whose PIVOTs' values are being looked up. */
  readonly #listing = new Map<JobId, AbortController>();

  /** What jobs read of sources that were listed for them here. */
  readonly held: HeldSources;

  constructor(parts: PlannerParts) {
    this.#parts = parts;
    this.held = new HeldSources(parts.over, parts.log);
  }

  /** @param run stands in temporary names. @throws SheafError as sources and the planner say */
  async plan(run: string, plan: PlanNode, { slots, job, listings, ...options }: PlanOptions) {
    const { explain = false, distributed = false, ...runOptions } = options;
    const { planning, datasets, catalog, lookUp, over, config, log } = this.#parts;
    const stop = new AbortController();
    using _listing = this.#while(job, stop);
    const signal = AbortSignal.any([over, stop.signal]);
    const listed = await this.list(plan, slots, signal, listings);
    const held = Object.fromEntries(datasetsOf(plan).map((id) => [id, datasets.segments(id)]));
    const extracts = toExtracts(listed);
    const own = new Map([...listed].filter(([key]) => !listings?.has(key)));
    try {
      const about = { run, slots, datasets: held, extracts, nowMs: Date.now(), explain, distributed };
      const name = job === undefined ? 'values of a PIVOT' : `values of a PIVOT for ${job}`;
      const as = { ...runOptions, name, priority: options.priority ?? 0 };
      const planned = await planWithPivots(plan, {
        ask: (known) => planning.plan({ ...about, plan: known }),
        lookUp: (values) => lookUp(values, { ...as, listings: listed, signal }),
        config,
      });
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

  /** Ends what is done for a job before it runs. */
  cancel(job: JobId, reason: string): void {
    this.#listing.get(job)?.abort(new SheafError('CANCELLED', reason));
  }

  #while(job: JobId | undefined, stop: AbortController): Disposable {
    if (job !== undefined) this.#listing.set(job, stop);
    return { [Symbol.dispose]: () => void (job !== undefined && this.#listing.delete(job)) };
  }
}
