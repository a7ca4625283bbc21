import { DueTimes } from '../../../pipeline/records/due-times.ts';
import type { ScheduleRecord } from '../../../pipeline/records/schedule.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import { didYouMean } from '../../../shared/nearest.ts';
import type { Keys } from '../../../shared/store/keys.ts';
import type { Leadership } from '../../../shared/store/membership/election.ts';
import type { Store } from '../../../shared/store/store.ts';

/** What {@link ScheduleBook} works with. */
export interface ScheduleBookParts {
  readonly store: Pick<Store, 'list'>;
  readonly leadership: Pick<Leadership, 'write'>;
  readonly keys: Pick<Keys, 'schedules' | 'schedule'>;
  readonly log: Logger;
}

/** The schedules in force: in the store, and here for the leader. */
export class ScheduleBook {
  readonly #parts: ScheduleBookParts;
  readonly #records = new Map<string, ScheduleRecord>();

  constructor(parts: ScheduleBookParts) {
    this.#parts = parts;
  }

  /** Reads what the leaders before left. A record that cannot be read is left out, and told. */
  async load(): Promise<void> {
    const { store, keys, log } = this.#parts;
    for (const { key, value } of await store.list(keys.schedules)) {
      try {
        const record = JSON.parse(value) as ScheduleRecord;
        new DueTimes(record.schedule); // Another version may have written it.
        if (keys.schedule(record.pipeline) === key) this.#records.set(record.pipeline, record);
      } catch (error) {
        log.error({ key, err: SheafError.from(error) }, 'the record of a schedule cannot be read');
      }
    }
  }

  find(pipeline: string): ScheduleRecord | undefined {
    return this.#records.get(pipeline);
  }

  /** @throws SheafError `PIPELINE_UNKNOWN` */
  get(pipeline: string): ScheduleRecord {
    const record = this.#records.get(pipeline);
    if (record) return record;
    throw new SheafError('PIPELINE_UNKNOWN', `There is no schedule of a pipeline ${pipeline} here`, {
      next: didYouMean([...this.#records.keys()], pipeline) || 'Deploy it: npx sheaf schedule FILE.',
    });
  }

  /** By name. */
  list(): ScheduleRecord[] {
    return [...this.#records.values()].sort((a, b) => (a.pipeline < b.pipeline ? -1 : 1));
  }

  /** @throws SheafError `NOT_LEADER`: nothing was written */
  async put(record: ScheduleRecord): Promise<void> {
    const { leadership, keys } = this.#parts;
    const value = JSON.stringify(record);
    await leadership.write([{ kind: 'put', key: keys.schedule(record.pipeline), value }]);
    this.#records.set(record.pipeline, record);
  }

  /** @throws SheafError `NOT_LEADER` */
  async remove(pipeline: string): Promise<void> {
    const { leadership, keys } = this.#parts;
    if (!this.#records.has(pipeline)) return;
    await leadership.write([{ kind: 'delete', key: keys.schedule(pipeline) }]);
    this.#records.delete(pipeline);
  }

  /** It is gone from the store. */
  forget(pipeline: string): void {
    this.#records.delete(pipeline);
  }
}
