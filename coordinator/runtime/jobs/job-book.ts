import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { JobId } from '../../../shared/ids.ts';
import { isOver, type JobRecord } from './job-record.ts';

type Listener = () => void;

/** All jobs that this leader knows, and who waits for news of them. Ended ones are kept up to a limit. */
export class JobBook {
  readonly #records = new Map<JobId, JobRecord>();
  readonly #listeners = new Map<JobId, Set<Listener>>();
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /** @throws SheafError `QUOTA_EXCEEDED` while too many jobs are active */
  add(record: JobRecord): void {
    const active = this.list().filter(({ life }) => !isOver(life)).length;
    const { jobsActiveMax } = this.#config;
    if (active >= jobsActiveMax) {
      throw new SheafError(
        'QUOTA_EXCEEDED',
        `${active} jobs are active, as many as this cluster takes (jobsActiveMax)`,
        {
          retryable: true,
          next: 'Wait for one to end, or cancel one: npx sheaf jobs.',
        },
      );
    }
    this.restore(record);
  }

  /** Adds one that an earlier leader accepted. */
  restore(record: JobRecord): void {
    this.#records.set(record.id, record);
    this.#forgetOldest();
  }

  /** The job that was submitted with this key. */
  withKey(key: string): JobRecord | undefined {
    return this.list().find((record) => record.key === key);
  }

  /** @throws SheafError `JOB_UNKNOWN` */
  get(id: JobId): JobRecord {
    const record = this.#records.get(id);
    if (record) return record;
    throw new SheafError('JOB_UNKNOWN', `There is no job ${id} here`, {
      next: 'List the jobs that are known: npx sheaf jobs. Ended ones are kept up to a limit (jobHistoryMax).',
    });
  }

  find(id: JobId): JobRecord | undefined {
    return this.#records.get(id);
  }

  list(): JobRecord[] {
    return [...this.#records.values()];
  }

  change(id: JobId, change: Partial<JobRecord>): JobRecord {
    const record = { ...this.get(id), ...change };
    this.#records.set(id, record);
    for (const listener of this.#listeners.get(id) ?? []) listener();
    return record;
  }

  /** Resolves when the job changes, `withinMs` has passed, or the signal is aborted. */
  async changed(id: JobId, withinMs: number, signal: AbortSignal): Promise<void> {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    listeners.add(resolve);
    const wake = () => resolve();
    signal.addEventListener('abort', wake, { once: true });
    if (signal.aborted) resolve();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      listeners.delete(resolve);
      if (listeners.size === 0) this.#listeners.delete(id);
    }
  }

  #forgetOldest(): void {
    const surplus = this.#records.size - this.#config.jobHistoryMax;
    if (surplus <= 0) return;
    const ended = this.list().filter(({ life }) => isOver(life) && (life.state !== 'succeeded' || life.released));
    for (const { id } of ended.slice(0, surplus)) this.#records.delete(id);
  }
}
