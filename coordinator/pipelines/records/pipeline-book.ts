import type { PipelineRecord } from '../../../pipeline/records/record.ts';
import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import { didYouMean } from '../../../shared/nearest.ts';
import type { Keys } from '../../../shared/store/keys.ts';
import type { Leadership } from '../../../shared/store/membership/election.ts';
import type { Operation, Store } from '../../../shared/store/store.ts';

/** What {@link PipelineBook} works with. */
export interface PipelineBookParts {
  readonly store: Pick<Store, 'list'>;
  readonly leadership: Pick<Leadership, 'write'>;
  readonly keys: Pick<Keys, 'pipelines' | 'pipeline'>;
  readonly config: Config;
  readonly log: Logger;
}

/** The pipelines that the cluster knows. */
export class PipelineBook {
  readonly #parts: PipelineBookParts;
  readonly #records = new Map<string, PipelineRecord>();

  constructor(parts: PipelineBookParts) {
    this.#parts = parts;
  }

  async load(): Promise<void> {
    const { store, keys, log } = this.#parts;
    for (const { key, value } of await store.list(keys.pipelines)) {
      try {
        const record = JSON.parse(value) as PipelineRecord;
        if (keys.pipeline(record.name) === key) this.#records.set(record.name, record);
      } catch (error) {
        log.error({ key, err: SheafError.from(error) }, 'the record of a pipeline cannot be read');
      }
    }
  }

  find(name: string): PipelineRecord | undefined {
    return this.#records.get(name);
  }

  /** @throws SheafError `PIPELINE_UNKNOWN` */
  get(name: string): PipelineRecord {
    const record = this.#records.get(name);
    if (record) return record;
    throw new SheafError('PIPELINE_UNKNOWN', `There is no pipeline ${name} here`, {
      next:
        didYouMean([...this.#records.keys()], name) || 'Run it from its file, or deploy it: npx sheaf schedule FILE.',
    });
  }

  /** By name. */
  list(): PipelineRecord[] {
    return [...this.#records.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws SheafError `QUOTA_EXCEEDED`, `NOT_LEADER` */
  async put(record: PipelineRecord): Promise<void> {
    const { leadership, keys, config } = this.#parts;
    if (!this.#records.has(record.name) && this.#records.size >= config.pipelinesMax) {
      throw new SheafError('QUOTA_EXCEEDED', `This cluster knows ${config.pipelinesMax} pipelines (pipelinesMax)`, {
        next: 'Remove one: npx sheaf pipelines --remove NAME.',
      });
    }
    await leadership.write([{ kind: 'put', key: keys.pipeline(record.name), value: JSON.stringify(record) }]);
    this.#records.set(record.name, record);
  }

  async remove(name: string, more: readonly Operation[]): Promise<void> {
    const { leadership, keys, config } = this.#parts;
    const operations = [...more, { kind: 'delete', key: keys.pipeline(name) } as const]; // The record goes last.
    for (let at = 0; at < operations.length; at += config.storeOperationsMax) {
      await leadership.write(operations.slice(at, at + config.storeOperationsMax));
    }
    this.#records.delete(name);
  }
}
