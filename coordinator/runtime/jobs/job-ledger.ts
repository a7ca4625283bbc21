import type { Config } from '../../../shared/config/config.ts';
import { type ErrorData, SheafError } from '../../../shared/errors.ts';
import type { JobId } from '../../../shared/ids.ts';
import type { Logger } from '../../../shared/log.ts';
import type { Keys } from '../../../shared/store/keys.ts';
import type { Leadership } from '../../../shared/store/membership/election.ts';
import type { Operation, Store } from '../../../shared/store/store.ts';
import { type BlobDirectory, blobName } from '../blobs.ts';
import { hasEnded, type SavedCommit, type SavedJob, type SavedLife } from './saved-job.ts';

/** What {@link JobLedger} works with. */
export interface LedgerParts {
  readonly store: Pick<Store, 'list'>;
  readonly leadership: Pick<Leadership, 'write'>;
  readonly keys: Pick<Keys, 'jobs' | 'job'>;
  readonly blobs: BlobDirectory;
  readonly config: Config;
  readonly log: Logger;
}

/**
 * The jobs in the store: one small record each, written only while this leader leads, in the order of the calls. Their
 * requests lie in the blob directory beside it. Ended jobs are kept up to `jobHistoryMax`.
 */
export class JobLedger {
  readonly #parts: LedgerParts;
  readonly #saved = new Map<JobId, SavedJob>();
  /** The last write of each job, which the next one waits for. */
  readonly #writes = new Map<JobId, Promise<void>>();
  /** Ended jobs in the store, in the order of their end. */
  readonly #ended: JobId[] = [];

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  /** What the leaders before left, in the order of submission. A record that cannot be read is left out, and told. */
  async load(): Promise<readonly SavedJob[]> {
    const { store, keys } = this.#parts;
    const entries = await store.list(keys.jobs);
    const jobs = entries.flatMap(({ key, value }) => this.#parse(key, value));
    for (const job of jobs) this.#saved.set(job.id, job);
    const ended = jobs.flatMap((job) => ('endedMs' in job ? [job] : [])).sort((a, b) => a.endedMs - b.endedMs);
    this.#ended.push(...ended.map(({ id }) => id));
    return jobs.sort((a, b) => a.submittedMs - b.submittedMs);
  }

  /**
   * Resolves when another leader would find the job.
   *
   * @throws SheafError `NOT_LEADER`, `QUOTA_EXCEEDED`, `DISK_FULL`
   */
  async accept(job: Omit<SavedJob, 'request'> & { readonly state: 'running' }, requestJson: string): Promise<void> {
    const content = Buffer.from(requestJson);
    const request = blobName(content);
    await this.#save({ ...job, request }, () => this.#parts.blobs.put(request, content)); // Before what names it.
  }

  /** It runs again under this leader. */
  async takenOver(id: JobId): Promise<void> {
    const job = this.#get(id);
    await this.#save({ ...job, takeovers: job.takeovers + 1 });
  }

  /**
   * Decides a commit: when this resolves, the files may be moved, by this leader or a later one.
   *
   * @throws SheafError `NOT_LEADER`: move nothing
   */
  async committing(id: JobId, commit: SavedCommit): Promise<void> {
    await this.#change(id, { state: 'committing', commit });
  }

  /** The commit was not done and will not be. */
  async notCommitted(id: JobId): Promise<void> {
    await this.#change(id, { state: 'running' });
  }

  async cancelling(id: JobId): Promise<void> {
    if (this.#saved.get(id)?.state === 'running') await this.#change(id, { state: 'cancelling' });
  }

  async failed(id: JobId, error: ErrorData): Promise<void> {
    const { message, details: _, ...rest } = error;
    const short = { ...rest, message: message.slice(0, errorCharactersMax) };
    const small = JSON.stringify(error).length <= errorCharactersMax ? error : short;
    await this.#end(id, { state: 'failed', endedMs: Date.now(), error: small });
  }

  async cancelled(id: JobId): Promise<void> {
    await this.#end(id, { state: 'cancelled', endedMs: Date.now() });
  }

  async succeeded(id: JobId): Promise<void> {
    const job = this.#saved.get(id);
    const written = job?.state === 'committing' ? writtenBy(job.commit) : undefined;
    await this.#end(id, { state: 'succeeded', endedMs: Date.now(), ...(written ? { written } : {}) });
  }

  /** Names of the blobs that unfinished jobs need. */
  requests(): string[] {
    return [...this.#saved.values()].filter((job) => !hasEnded(job)).map(({ request }) => request);
  }

  async #end(id: JobId, life: SavedLife): Promise<void> {
    const job = this.#saved.get(id);
    if (!job || hasEnded(job)) return;
    await this.#change(id, life);
    await this.#parts.blobs.remove(job.request);
  }

  async #change(id: JobId, life: SavedLife): Promise<void> {
    const { id: _, name, key, submittedMs, request, slots, takeovers, destination } = this.#get(id);
    const facts = { id, name, submittedMs, request, slots, takeovers };
    const more = { ...(key === undefined ? {} : { key }), ...(destination === undefined ? {} : { destination }) };
    await this.#save({ ...facts, ...more, ...life });
  }

  async #save(job: SavedJob, first = async () => {}): Promise<void> {
    this.#saved.set(job.id, job);
    const before = this.#writes.get(job.id) ?? Promise.resolve();
    const write = before
      .catch(() => {}) // Told to whoever asked for it.
      .then(first)
      .then(() => this.#write(job));
    this.#writes.set(job.id, write);
    try {
      await write;
    } finally {
      if (this.#writes.get(job.id) === write) this.#writes.delete(job.id);
    }
  }

  async #write(job: SavedJob): Promise<void> {
    const { leadership, keys } = this.#parts;
    const put: Operation = { kind: 'put', key: keys.job(job.id), value: JSON.stringify(job) };
    if (!hasEnded(job)) return void (await leadership.write([put]));
    this.#ended.push(job.id);
    const surplus = Math.max(0, this.#ended.length - this.#parts.config.jobHistoryMax);
    const old = this.#ended.splice(0, Math.min(surplus, trimmedAtOnceMax));
    for (const id of old) this.#saved.delete(id);
    await leadership.write([put, ...old.map((id) => ({ kind: 'delete', key: keys.job(id) }) as const)]);
  }

  #get(id: JobId): SavedJob {
    const job = this.#saved.get(id);
    if (job) return job;
    throw new SheafError('INTERNAL', `Job ${id} has no record in the store`);
  }

  #parse(key: string, value: string): SavedJob[] {
    try {
      const { id, state } = JSON.parse(value) as SavedJob;
      if (key === this.#parts.keys.job(id) && state) return [JSON.parse(value) as SavedJob];
    } catch (error) {
      this.#parts.log.error({ key, err: SheafError.from(error) }, 'the record of a job cannot be read');
    }
    return [];
  }
}

/** A record stays small: of a longer error the message's beginning is kept. */
const errorCharactersMax = 4096;
/** A transaction has a limit of operations. */
const trimmedAtOnceMax = 64;

/** What a commit wrote, as clients see it: numbers of files, rows and bytes. */
export const writtenBy = ({ path, files, rows, bytes }: SavedCommit) => ({ path, files: files.length, rows, bytes });
