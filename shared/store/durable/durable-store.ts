import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { SheafError } from '../../errors.ts';
import { EmbeddedStore } from '../embedded.ts';
import type { Compare, Entry, Operation, TransactResult } from '../store.ts';
import { loadFiles, StoreFiles } from './files.ts';
import { lockFolder } from './folder-lock.ts';
import type { Change } from './records.ts';

/** Revisions that one life of a store may count: those of a later one are higher, whatever was lost. */
const revisionsPerLife = 2 ** 30;

/**
 * The embedded store with a folder: what a transaction wrote is on the disk before it is answered, but for keys under a
 * lease, which end with the process. One process at a time has the folder.
 */
export class DurableStore extends EmbeddedStore {
  readonly #files: StoreFiles;
  readonly #lock: Disposable;
  /** Keys in the files. */
  readonly #kept = new Map<string, Entry>();
  #waiting: Change[] = [];
  #flushing: Promise<void> | undefined;
  #broken: SheafError | undefined;

  private constructor(files: StoreFiles, lock: Disposable, config: Config) {
    super(config);
    this.#files = files;
    this.#lock = lock;
  }

  /**
   * @throws SheafError `CONFIG_INVALID` if another process has the folder, `FILE_CORRUPT` if it is damaged,
   * `DISK_FULL`, `PERMISSION_DENIED`
   */
  static async open(stateDirectory: string, config: Config): Promise<DurableStore> {
    const lock = await lockFolder(stateDirectory, config.stateLockWaitMs);
    try {
      const folder = join(stateDirectory, 'store');
      mkdirSync(folder, { recursive: true });
      const { lives, entries } = await loadFiles(folder);
      const files = new StoreFiles(folder, lives + 1);
      await files.replace(entries);
      const store = new DurableStore(files, lock, config);
      for (const entry of entries) store.#kept.set(entry.key, entry);
      store.restore(entries, (lives + 1) * revisionsPerLife);
      return store;
    } catch (thrown) {
      lock[Symbol.dispose]();
      throw thrown;
    }
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#flushing?.catch(() => {}); // Told to whoever wrote.
    await this.#files[Symbol.asyncDispose]();
    this.#lock[Symbol.dispose]();
  }

  protected override async apply(when: readonly Compare[], operations: readonly Operation[]): Promise<TransactResult> {
    if (this.#broken) throw this.#broken;
    const result = await super.apply(when, operations);
    if (this.#waiting.length > 0) this.#flushing ??= this.#flush();
    await this.#flushing; // Also for what this one read: others may have written it just now.
    return result;
  }

  protected override changed(entries: readonly Entry[], deleted: readonly string[]): void {
    const deletes = deleted.filter((key) => this.#kept.delete(key));
    for (const entry of entries) this.#kept.set(entry.key, entry);
    if (entries.length + deletes.length > 0) this.#waiting.push({ puts: entries, deletes });
  }

  /** One line for all that came while the last one was written. */
  async #flush(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const changes = this.#waiting;
        this.#waiting = [];
        if (this.#files.journalBytes > this.config.stateJournalBytesMax)
          await this.#files.replace([...this.#kept.values()]);
        else await this.#files.append(merged(changes));
      }
    } catch (thrown) {
      this.#broken = broken(thrown); // What is in memory is ahead of the disk: nothing may build on it.
      throw this.#broken;
    } finally {
      this.#flushing = undefined;
    }
  }
}

/** The last word on each key. */
function merged(changes: readonly Change[]): Change {
  const last = new Map<string, Entry | undefined>();
  for (const { puts, deletes } of changes) {
    for (const key of deletes) last.set(key, undefined);
    for (const entry of puts) last.set(entry.key, entry);
  }
  const puts = [...last.values()].filter((entry) => entry !== undefined);
  return { puts, deletes: [...last].flatMap(([key, entry]) => (entry === undefined ? [key] : [])) };
}

const broken = (thrown: unknown): SheafError => {
  const { code, message } = SheafError.from(thrown);
  return new SheafError(code, `The cluster's state could not be written: ${message}`, {
    cause: thrown,
    next: 'Make room there, and start the cluster again: it goes on where it was.',
  });
};
