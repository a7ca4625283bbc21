import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Names say whose they are, so that a later cluster can tell the orphans. Containers may share a folder: hence the
 * host.
 */
const prefix = `sheaf-${hostname().replace(/[^\w.]/g, '_')}-`;

/** Makes an empty folder for an embedded cluster's data, owned by this process. */
export function createClusterFolder(parent: string = tmpdir()): string {
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, `${prefix}${process.pid}-`));
}

/**
 * Removes the folders that dead processes of this host left: those killed together with all of their children.
 *
 * @returns what was removed
 */
export function sweepClusterFolders(parent: string = tmpdir()): string[] {
  const orphans = readdirSync(parent).filter((name) => {
    const owner = name.startsWith(prefix) ? /^(\d+)-/.exec(name.slice(prefix.length))?.[1] : undefined;
    return owner !== undefined && !isAlive(Number(owner));
  });
  return orphans.map((name) => join(parent, name)).filter(removeIfOurs);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // Another user's process: alive.
  }
}

/** Another user's orphan is theirs to remove. */
function removeIfOurs(path: string): boolean {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    return true;
  } catch (error) {
    if (['EPERM', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
