import type { RunRecord } from '../../../pipeline/records/run.ts';
import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import type { Keys } from '../../../shared/store/keys.ts';
import type { Leadership } from '../../../shared/store/membership/election.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { RunBook } from '../records/run-book.ts';
import { type Covered, withInterval } from './covered.ts';

/** What {@link Coverage} works with. */
export interface CoverageParts {
  readonly store: Pick<Store, 'list'>;
  readonly leadership: Pick<Leadership, 'write'>;
  readonly keys: Pick<Keys, 'covered' | 'coveredOf'>;
  readonly runs: Pick<RunBook, 'list' | 'onChange'>;
  readonly config: Config;
  readonly log: Logger;
}

/**
 * Which intervals of each pipeline are loaded: longer than runs are remembered, so that a backfill does not load them
 * again. What a leader had no time to note is found in the runs.
 */
export class Coverage {
  readonly #parts: CoverageParts;
  readonly #covered = new Map<string, Covered>();
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: CoverageParts) {
    this.#parts = parts;
    parts.runs.onChange((record) => this.#look(record));
  }

  /** After the runs are loaded. */
  async load(): Promise<void> {
    const { store, keys, runs, log } = this.#parts;
    for (const { key, value } of await store.list(keys.covered)) {
      try {
        const { pipeline, covered } = JSON.parse(value) as Kept;
        if (keys.coveredOf(pipeline) === key) this.#covered.set(pipeline, covered);
      } catch (error) {
        log.error({ key, err: SheafError.from(error) }, 'what is known to be loaded cannot be read');
      }
    }
    for (const record of runs.list()) this.#add(record);
  }

  of(pipeline: string): Covered {
    return this.#covered.get(pipeline) ?? [];
  }

  /** It is gone from the store. */
  forget(pipeline: string): void {
    this.#covered.delete(pipeline);
  }

  #add({ pipeline, interval, life }: RunRecord): boolean {
    if (life.state !== 'succeeded' || !interval) return false;
    const before = this.of(pipeline);
    const after = withInterval(before, interval, this.#parts.config.backfillRangesMax);
    this.#covered.set(pipeline, after);
    return JSON.stringify(after) !== JSON.stringify(before);
  }

  #look(record: RunRecord): void {
    if (!this.#add(record)) return;
    const { leadership, keys, log } = this.#parts;
    const { pipeline } = record;
    this.#writing = this.#writing
      .then(async () => {
        const covered = this.#covered.get(pipeline);
        if (!covered) return;
        const value = JSON.stringify({ pipeline, covered } satisfies Kept);
        await leadership.write([{ kind: 'put', key: keys.coveredOf(pipeline), value }]);
      })
      .catch((error: unknown) => log.info({ run: record.id, error }, 'what is loaded is noted by the next leader'));
  }
}

interface Kept {
  readonly pipeline: string;
  readonly covered: Covered;
}
