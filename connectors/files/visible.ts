import { setTimeout as pause } from 'node:timers/promises';
import { SheafError } from '../../shared/errors.ts';
import { ledgerEntry } from './ledger.ts';
import { headName, loadOf, pendingFolder } from './names.ts';
import type { Storage } from './storage.ts';

/** How often a listing is made again because a commit began or ended meanwhile. */
const triesMax = 20;
const pauseMs = 50;

/** A destination among what is listed. */
export interface Root {
  readonly storage: Storage;
  /** What names of its files begin with in the listing; cut off, they are relative to it. */
  readonly prefix: string;
}

/**
 * The files of a listing without those of loads that are not committed, and without those that a committed load has
 * replaced: a load is seen as a whole or not at all. A listing that a commit ran into is made again.
 *
 * @param nameOf how `roots` name files
 * @throws SheafError `FILE_CHANGED` if commits never pause
 */
export async function visible<T>(
  roots: readonly Root[],
  list: () => Promise<readonly T[]>,
  nameOf: (file: T) => string,
): Promise<readonly T[]> {
  const heads = (): Promise<string> =>
    Promise.all(roots.map(({ storage }) => storage.get(headName))).then((all) => all.map(String).join('\n'));
  for (let tries = 0; tries < triesMax; tries++) {
    const before = await heads();
    const tests = await Promise.all(roots.map(hidden));
    const files = await list();
    if ((await heads()) === before) return files.filter((file) => !tests.some((isHidden) => isHidden(nameOf(file))));
    await pause(pauseMs);
  }
  throw new SheafError('FILE_CHANGED', `${roots[0]?.storage.path} changes faster than it is listed`, {
    retryable: true,
    next: 'Run the job again when fewer loads are committed there.',
  });
}

async function hidden({ storage, prefix }: Root): Promise<(name: string) => boolean> {
  const uncommitted = new Set<string>();
  const removed = new Set<string>();
  for await (const { name } of storage.list(pendingFolder)) {
    const load = /\/([^/]+)\.json$/.exec(name)?.[1];
    if (load === undefined) continue;
    const entry = await ledgerEntry(storage, load);
    if (entry === undefined) uncommitted.add(load);
    for (const gone of entry?.removed ?? []) removed.add(gone);
  }
  return (name) =>
    name.startsWith(prefix) && (removed.has(name.slice(prefix.length)) || uncommitted.has(loadOf(name) ?? ''));
}
