import { existsSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jobPath } from './paths.ts';
import type { DiskQuota } from './quota.ts';

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
