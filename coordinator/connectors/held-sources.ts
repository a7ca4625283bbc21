import { SheafError } from '../../shared/errors.ts';
import type { JobId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/log.ts';
import type { Listings } from './list-sources.ts';

/** Lets go of what listings hold at their sources. */
export async function releaseListings(listings: Listings, log: Logger): Promise<void> {
  for (const { listing } of listings.values()) {
    await listing.release?.().catch((error: unknown) => {
      log.warn({ err: SheafError.from(error) }, 'a source was not let go of');
    });
  }
}

/** What jobs hold at the sources that they read (snapshots), until nothing of them reads any more. */
export class HeldSources {
  readonly #held = new Map<JobId, Listings>();
  readonly #log: Logger;

  /** @param over aborted when this leader's time is over: then nothing is held */
  constructor(over: AbortSignal, log: Logger) {
    this.#log = log;
    over.addEventListener('abort', () => void this.releaseBut(new Set()), { once: true });
  }

  /** For as long as the job is active. */
  keep(job: JobId, listings: Listings): void {
    if ([...listings.values()].some(({ listing }) => listing.release !== undefined)) this.#held.set(job, listings);
  }

  async releaseBut(active: ReadonlySet<JobId>): Promise<void> {
    for (const [job, listings] of [...this.#held]) {
      if (active.has(job)) continue;
      this.#held.delete(job);
      await releaseListings(listings, this.#log);
    }
  }
}
