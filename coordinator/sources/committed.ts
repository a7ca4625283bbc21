import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LedgerEntry } from '../../connectors/files/ledger.ts';
import { destinationOf, headName, ledgerName, loadOf, pendingFolder } from '../../connectors/files/names.ts';
import { SheafError } from '../../shared/errors.ts';

/** How often a listing is made again because a commit began or ended meanwhile. */
const triesMax = 20;

/**
 * The files of a listing without those of loads that are not committed, and without those that a committed load has
 * replaced, as `visible` of `connectors/files` does it for objects.
 *
 * @throws SheafError `FILE_CHANGED` if commits never pause
 */
export function committed(list: () => string[]): string[] {
  let files = list();
  for (let tries = 0; tries < triesMax; tries++) {
    const roots = new Set(files.filter((path) => loadOf(path) !== undefined).map(destinationOf));
    if (roots.size === 0) return files;
    const heads = (): string => [...roots].map((root) => textOf(join(root, headName))).join('\n');
    const before = heads();
    const isHidden = hiddenIn([...roots]);
    files = list();
    if (heads() === before) return files.filter((path) => !isHidden(path));
  }
  throw new SheafError('FILE_CHANGED', `${files[0]} and others change faster than they are listed`, {
    retryable: true,
    next: 'Run the job again when fewer loads are committed there.',
  });
}

function hiddenIn(roots: readonly string[]): (path: string) => boolean {
  const uncommitted = new Set<string>();
  const removed = new Set<string>();
  for (const root of roots) {
    for (const load of pendingIn(root)) {
      const entry = textOf(join(root, ledgerName(load)));
      if (entry === undefined) uncommitted.add(`${root} ${load}`);
      else for (const name of (JSON.parse(entry) as LedgerEntry).removed) removed.add(join(root, name));
    }
  }
  return (path) => removed.has(path) || uncommitted.has(`${destinationOf(path)} ${loadOf(path)}`);
}

function pendingIn(root: string): string[] {
  try {
    const names = readdirSync(join(root, pendingFolder)).filter((name) => name.endsWith('.json'));
    return names.map((name) => name.slice(0, -'.json'.length));
  } catch (thrown) {
    return nothingThere(thrown) ?? [];
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    return nothingThere(thrown);
  }
}

function nothingThere(thrown: unknown): undefined {
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw thrown;
}
