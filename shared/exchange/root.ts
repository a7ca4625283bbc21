import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { jobPath } from './paths.ts';
import type { DiskQuota } from './quota.ts';

const lockName = 'owner.json';

/** Who uses a root: a process id alone may since belong to another process, so its start time stands beside it. */
interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly started: string;
}

/**
 * Makes `<base>/<name>`, the folder of one process's exchange files, and marks it as this process's. It appears
 * together with its mark, so that no sweep takes it for an orphan.
 */
export function claimRoot(base: string, name: string): string {
  mkdirSync(base, { recursive: true, mode: 0o700 });
  const root = join(base, name);
  const claim = mkdtempSync(join(base, '.claim-'));
  const owner: Owner = { host: hostname(), pid: process.pid, started: startOf(process.pid) ?? '' };
  writeFileSync(join(claim, lockName), JSON.stringify(owner));
  renameSync(claim, root);
  return root;
}

/**
 * Removes the roots under `base` whose processes are dead, and names them. Folders that no process of this host marked
 * are left alone.
 */
export function sweepOrphans(base: string): string[] {
  if (!existsSync(base)) return [];
  const roots = readdirSync(base).map((name) => join(base, name));
  const orphans = roots.filter((root) => isOrphan(join(root, lockName)));
  for (const root of orphans) rmSync(root, { recursive: true, force: true });
  return orphans;
}

function isOrphan(lock: string): boolean {
  if (!existsSync(lock)) return false;
  const owner = JSON.parse(readFileSync(lock, 'utf8')) as Owner;
  return owner.host === hostname() && startOf(owner.pid) !== owner.started;
}

/** When a process started, in the kernel's ticks since boot; undefined if there is none. */
function startOf(pid: number): string | undefined {
  if (existsSync('/proc/self/stat')) {
    const stat = `/proc/${pid}/stat`;
    return existsSync(stat) ? readFileSync(stat, 'utf8').split(') ')[1]?.split(' ')[19] : undefined;
  }
  try {
    process.kill(pid, 0);
    return '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? '' : undefined;
  }
}

/**
 * Removes a job's files and gives their bytes back to the quota. Files still being written belong to their writers:
 * those give back theirs when their commit fails.
 */
export async function dropJob(root: string, job: string, quota?: DiskQuota): Promise<void> {
  const folder = jobPath(root, job);
  const files = existsSync(folder) ? await readdir(folder) : [];
  await Promise.all(files.map((file) => removeFile(join(folder, file), quota)));
  await rm(folder, { recursive: true, force: true });
}

/** Removes one file; if it was committed, its bytes are given back. Harmless if it is gone. */
export async function removeFile(path: string, quota?: DiskQuota): Promise<void> {
  const bytes = path.endsWith('.exchange') ? (statSync(path, { throwIfNoEntry: false })?.size ?? 0) : 0;
  await rm(path, { force: true });
  quota?.give(bytes);
}
