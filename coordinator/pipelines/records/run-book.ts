import type { RunRecord } from '../../../pipeline/records/run.ts';
import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import type { Keys } from '../../../shared/store/keys.ts';
import type { Leadership } from '../../../shared/store/membership/election.ts';
import type { Operation, Store } from '../../../shared/store/store.ts';
import { isOver } from '../decisions/machine.ts';
import { fitRecord } from './fit-record.ts';

/** What {@link RunBook} works with. */
export interface RunBookParts {
  readonly store: Pick<Store, 'list' | 'get'>;
  readonly leadership: Pick<Leadership, 'write'>;
  readonly keys: Pick<Keys, 'runs' | 'run'>;
  readonly config: Config;
  readonly log: Logger;
}

/**
 * All runs that the cluster knows: in the store, and here for the leader. Ended ones are kept up to `runHistoryMax` for
 * each pipeline.
 */
export class RunBook {
  readonly #parts: RunBookParts;
  readonly #records = new Map<string, RunRecord>();
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #observers: ((record: RunRecord) => void)[] = [];

  constructor(parts: RunBookParts) {
    this.#parts = parts;
  }

  /** Reads what the leaders before left. A record that cannot be read is left out, and told. */
  async load(): Promise<void> {
    const { store, keys, log } = this.#parts;
    for (const { key, value } of await store.list(keys.runs)) {
      try {
        const record = JSON.parse(value) as RunRecord;
        if (keys.run(record.id) === key) this.#records.set(record.id, record);
      } catch (error) {
        log.error({ key, err: SheafError.from(error) }, 'the record of a run cannot be read');
      }
    }
  }

  find(id: string): RunRecord | undefined {
    return this.#records.get(id);
  }

  /** @throws SheafError `RUN_UNKNOWN` */
  get(id: string): RunRecord {
    const record = this.#records.get(id);
    if (record) return record;
    throw new SheafError('RUN_UNKNOWN', `There is no run ${id} here`, {
      next: 'List those that are known: npx sheaf runs. Old ones are forgotten (runHistoryMax).',
    });
  }

  /** The latest first. */
  list(pipeline?: string): RunRecord[] {
    const records = [...this.#records.values()].filter(
      (record) => pipeline === undefined || record.pipeline === pipeline,
    );
    return records.sort((a, b) => b.submittedMs - a.submittedMs || (a.id < b.id ? 1 : -1));
  }

  /**
   * Writes a record, and what is to be true together with it; tells whoever waits for news of the run.
   *
   * @throws SheafError `NOT_LEADER`: nothing was written
   */
  async put(given: RunRecord, more: readonly Operation[] = []): Promise<void> {
    const { leadership, keys, config } = this.#parts;
    const record = fitRecord(given, config.runRecordBytesMax);
    const value = JSON.stringify(record);
    const old = isOver(record.life) ? this.#surplus(record) : [];
    const forget = old.map((id): Operation => ({ kind: 'delete', key: keys.run(id) }));
    await leadership.write([{ kind: 'put', key: keys.run(record.id), value }, ...more, ...forget]);
    this.#records.set(record.id, record);
    for (const id of old) this.#records.delete(id);
    for (const listener of this.#listeners.get(record.id) ?? []) listener();
    for (const observer of this.#observers) observer(record);
  }

  /** Calls back with each record that has been written. */
  onChange(observer: (record: RunRecord) => void): void {
    this.#observers.push(observer);
  }

  /** The write of a change that is to be true together with another record's. */
  change(record: RunRecord): Operation {
    this.#records.set(record.id, record);
    return { kind: 'put', key: this.#parts.keys.run(record.id), value: JSON.stringify(record) };
  }

  /** Forgets the runs of a pipeline that is removed. They have ended. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#records.delete(id);
  }

  /** Resolves when the run changes, `withinMs` has passed, or the signal is aborted. */
  async changed(id: string, withinMs: number, signal: AbortSignal): Promise<void> {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners);
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    const timer = setTimeout(wake, withinMs);
    listeners.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    if (signal.aborted) wake();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      listeners.delete(wake);
      if (listeners.size === 0) this.#listeners.delete(id);
    }
  }

  /** The oldest ended runs of a pipeline beyond the history's limit. A transaction takes only so many. */
  #surplus({ id, pipeline }: RunRecord): string[] {
    const others = this.list(pipeline).filter((record) => record.id !== id && isOver(record.life) && record.cleaned);
    return others
      .slice(Math.max(0, this.#parts.config.runHistoryMax - 1))
      .slice(-trimmedAtOnceMax)
      .map((each) => each.id);
  }
}

const trimmedAtOnceMax = 32;
