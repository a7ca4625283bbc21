import { randomBytes } from 'node:crypto';
import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import { type CommitMode, type LedgerEntry, ledgerEntry } from './ledger.ts';
import { headName, ledgerName, loadOf, pendingName } from './names.ts';
import type { StagedFile, Storage, StoredFile } from './storage.ts';
import { visible } from './visible.ts';

/** A load to commit: its staged files, and what its ledger entry says. */
export interface LoadCommit {
  readonly load: string;
  readonly mode: CommitMode;
  readonly files: readonly StagedFile[];
  readonly rows: number;
  readonly about: Json;
  /** Called last before the ledger entry is written. */
  readonly mustLead: () => void;
}

/** How many files are published or removed at a time. */
const filesAtOnce = 8;

/**
 * Makes a load visible as a whole to readers that heed the ledger (ours do):
 *
 * 1. a pending mark hides the files of the load;
 * 2. its files are published, one by one: each appears whole;
 * 3. the ledger entry, written if absent, is the commit;
 * 4. replaced files, what other attempts staged, and the mark go.
 *
 * Called again after it was broken off anywhere it does what is left to do.
 *
 * @returns the entry, and whether an earlier call had written it
 * @throws SheafError `DESTINATION_EXISTS`, what the storage or `mustLead` say
 */
export async function commitLoad(
  storage: Storage,
  commit: LoadCommit,
): Promise<{ entry: LedgerEntry; already: boolean }> {
  const known = await ledgerEntry(storage, commit.load);
  if (known !== undefined) {
    await finish(storage, known);
    return { entry: known, already: true };
  }
  await storage.put(pendingName(commit.load), json({ load: commit.load }));
  await beat(storage);
  const removed = await checkDestination(storage, commit.mode, commit.load);
  await inParallel(commit.files, (file) => storage.publish(file, commit.load));
  const files = commit.files.map(({ name, bytes }) => ({ name, bytes }));
  const { load, mode, rows, about } = commit;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const entry: LedgerEntry = { load, mode, files, removed, rows, bytes, about };
  commit.mustLead();
  const isFirst = await storage.putIfAbsent(ledgerName(load), json(entry));
  const written = isFirst ? entry : ((await ledgerEntry(storage, load)) ?? entry);
  await finish(storage, written);
  return { entry: written, already: !isFirst };
}

/**
 * Removes whatever a load left that was not committed, also files that a commit had published when it was broken off. A
 * load that is in the ledger stays, and is finished.
 */
export async function cleanLoad(storage: Storage, load: string): Promise<void> {
  const known = await ledgerEntry(storage, load);
  if (known !== undefined) return await finish(storage, known);
  if ((await storage.get(pendingName(load))) !== undefined) {
    const published: string[] = [];
    for await (const { name } of storage.list('')) if (loadOf(name) === load) published.push(name);
    await inParallel(published, (name) => storage.delete(name));
    await storage.delete(pendingName(load));
    await beat(storage);
  }
  await storage.discard(load);
}

/**
 * @returns the files that a load of this mode replaces: those of committed loads
 * @throws SheafError `DESTINATION_EXISTS` if the mode does not allow what is there
 */
export async function checkDestination(storage: Storage, mode: CommitMode, load: string): Promise<readonly string[]> {
  if (mode === 'append') return [];
  const list = async (): Promise<StoredFile[]> => {
    const found: StoredFile[] = [];
    for await (const file of storage.list('')) if (!file.name.startsWith('_sheaf/')) found.push(file);
    return found;
  };
  const names = (await visible([{ storage, prefix: '' }], list, ({ name }) => name)).map(({ name }) => name);
  const others = names.filter((name) => loadOf(name) !== load);
  const [first] = others;
  if (mode === 'error' && first !== undefined) throw exists(storage, first);
  const strange = others.find((name) => loadOf(name) === undefined);
  if (strange !== undefined) throw foreign(storage, strange);
  return others;
}

async function finish(storage: Storage, { load, removed }: LedgerEntry): Promise<void> {
  const isPending = (await storage.get(pendingName(load))) !== undefined;
  // A reader that lists from now on sees the entry, or finds that it must list again.
  if (isPending) await beat(storage);
  if (isPending) await inParallel(removed, (name) => storage.delete(name));
  await storage.discard(load);
  if (!isPending) return;
  await storage.delete(pendingName(load));
  await beat(storage);
}

/** See `headName`. */
const beat = (storage: Storage): Promise<void> =>
  storage.put(headName, json({ beat: randomBytes(12).toString('hex') }));

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: filesAtOnce }, lane));
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const exists = ({ path }: Storage, name: string): SheafError =>
  new SheafError('DESTINATION_EXISTS', `${path} is there already and is not empty: it holds ${name}`, {
    next: "Write to another path, or pass { mode: 'overwrite' } or { mode: 'append' }.",
  });

const foreign = ({ path }: Storage, name: string): SheafError =>
  new SheafError('DESTINATION_EXISTS', `${path} holds ${name}, which no write of Sheaf made, so it is not replaced`, {
    next: 'Write to another path, or remove it yourself.',
  });
