import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { SheafError } from '../../shared/errors.ts';

/**
 * What DuckDB of one worker may take by default: half of the machine's memory (or of the control group's limit, if that
 * is less), divided by the workers on the host. The other half is for Arrow buffers, JavaScript and the page cache.
 */
export const defaultMemoryBytes = (workersOnHost: number): number =>
  Math.floor(Math.min(totalmem(), controlGroupBytes()) / 2 / Math.max(1, workersOnHost));

/** @throws SheafError `CONFIG_INVALID` if the limit leaves a slot less than its floor */
export function checkMemory(limitBytes: number, slots: number, slotMemoryBytesMin: number): void {
  if (limitBytes / slots >= slotMemoryBytesMin) return;
  const mib = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`;
  throw new SheafError(
    'CONFIG_INVALID',
    `${mib(limitBytes)} of memory for ${slots} threads is less than ${mib(slotMemoryBytesMin)} each (slotMemoryBytesMin)`,
    { next: `Start the worker with fewer --threads or a higher --memory-limit.` },
  );
}

/** The limit of this process's control group, version 2 or 1; infinite where there is none. */
function controlGroupBytes(): number {
  for (const path of ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']) {
    const limit = Number.parseInt(textOf(path), 10);
    if (Number.isFinite(limit)) return limit;
  }
  return Number.POSITIVE_INFINITY;
}

/** Not every system has these files. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
