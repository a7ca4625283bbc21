import { setTimeout as pause } from 'node:timers/promises';
import { SheafError } from '../../shared/errors.ts';
import { ledgerEntry } from './ledger.ts';
import { headName, loadOf, pendingFolder } from './names.ts';
import type { Storage } from './storage.ts';

/** How often a listing is made again because a commit began or ended meanwhile. */
const triesMax = 20;
const pauseMs = 50;

/**
 * The files of a listing without those of loads that are not committed, and without those that a committed load has
 * replaced: a load is seen as a whole or not at all. A listing that a commit ran into is made again.
 *
 * @param nameOf relative to the destination
 * @throws SheafError `FILE_CHANGED` if commits never pause
 */
export async function visible<T>(
  storage: Storage,
  list: () => Promise<readonly T[]>,
  nameOf: (file: T) => string,
): Promise<readonly T[]> {
  for (let tries = 0; tries < triesMax; tries++) {
    const before = await storage.get(headName);
    const isHidden = await hidden(storage);
    const files = await list();
    const after = await storage.get(headName);
    if (same(before, after)) return files.filter((file) => !isHidden(nameOf(file)));
    await pause(pauseMs);
  }
  throw new SheafError('FILE_CHANGED', `${storage.path} changes faster than it is listed`, {
    retryable: true,
    next: 'Run the job again when fewer loads are committed there.',
  });
}

async function hidden(storage: Storage): Promise<(name: string) => boolean> {
  const uncommitted = new Set<string>();
  const removed = new Set<string>();
  for await (const { name } of storage.list(pendingFolder)) {
    const load = /\/([^/]+)\.json$/.exec(name)?.[1];
    if (load === undefined) continue;
    const entry = await ledgerEntry(storage, load);
    if (entry === undefined) uncommitted.add(load);
    for (const gone of entry?.removed ?? []) removed.add(gone);
  }
  return (name) => removed.has(name) || uncommitted.has(loadOf(name) ?? '');
}

const same = (a: Buffer | undefined, b: Buffer | undefined): boolean =>
  a === undefined || b === undefined ? a === b : a.equals(b);
