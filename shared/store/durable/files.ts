import { type FileHandle, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { destinationError } from '../../destination-error.ts';
import type { Entry } from '../store.ts';
import { type Change, readJournal, readSnapshot, type Snapshot, toLine } from './records.ts';

const snapshotName = 'snapshot';

/** What the files of a folder say. */
export interface Loaded {
  /** How many lives the store has had. */
  readonly lives: number;
  readonly entries: readonly Entry[];
}

/** Reads what earlier lives left. @throws SheafError `FILE_CORRUPT`, `PERMISSION_DENIED` */
export async function loadFiles(folder: string): Promise<Loaded> {
  const path = join(folder, snapshotName);
  const content = await textOf(path);
  if (content === undefined) return { lives: 0, entries: [] };
  const { life, journal, entries } = readSnapshot(content, path);
  const journalPath = join(folder, journal);
  const { changes } = readJournal((await textOf(journalPath)) ?? '', journalPath);
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  for (const { puts, deletes } of changes) {
    for (const key of deletes) byKey.delete(key);
    for (const entry of puts) byKey.set(entry.key, entry);
  }
  return { lives: life, entries: [...byKey.values()] };
}

/** Files of one life of a store: a snapshot, and a journal of what changed since. What resolves is on the disk. */
export class StoreFiles implements AsyncDisposable {
  readonly #folder: string;
  readonly #life: number;
  #journals = 0;
  #journal: FileHandle | undefined;
  #bytes = 0;

  constructor(folder: string, life: number) {
    this.#folder = folder;
    this.#life = life;
  }

  /** Bytes written to the journal since the snapshot. */
  get journalBytes(): number {
    return this.#bytes;
  }

  async append(change: Change): Promise<void> {
    const line = toLine(change);
    await this.#told(async () => {
      await this.#journal?.appendFile(line);
      await this.#journal?.datasync();
    });
    this.#bytes += Buffer.byteLength(line);
  }

  /** Begins a journal anew. Until the snapshot has its name, the old files count; from then on the new ones. */
  async replace(entries: readonly Entry[]): Promise<void> {
    const before = this.#journal;
    this.#journals += 1;
    const journal = `journal-${this.#life}-${this.#journals}`;
    await this.#told(async () => {
      this.#journal = await open(join(this.#folder, journal), 'a');
      await this.#writeSnapshot({ format: 1, life: this.#life, journal, entries });
    });
    this.#bytes = 0;
    await before?.close();
    await this.#removeOthers(journal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal?.close();
    this.#journal = undefined;
  }

  async #writeSnapshot(snapshot: Snapshot): Promise<void> {
    const path = join(this.#folder, snapshotName);
    const unfinished = `${path}.new`;
    const file = await open(unfinished, 'w');
    try {
      await file.writeFile(toLine(snapshot));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
    const folder = await open(this.#folder, 'r');
    try {
      await folder.sync(); // The new name and the new journal's.
    } finally {
      await folder.close();
    }
  }

  async #removeOthers(journal: string): Promise<void> {
    const old = (await readdir(this.#folder)).filter((name) => name.startsWith('journal-') && name !== journal);
    for (const name of old) await rm(join(this.#folder, name), { force: true });
  }

  async #told(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (thrown) {
      throw destinationError(thrown, this.#folder);
    }
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw destinationError(thrown, path);
  }
}
