import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SheafError } from '../../shared/errors.ts';
import type { WriteNode } from '../../shared/plan/nodes/write.ts';
import { partPrefix } from '../../shared/stage.ts';

/**
 * The commit of a file sink. Attempts write into a staging directory beside the destination; when the job has all of
 * its tasks, exactly the winners' files move to their final names in one rename. Until then nothing is at the
 * destination, and a job that ends otherwise leaves nothing.
 */
export interface FileCommit {
  readonly path: string;
  readonly mode: WriteNode['mode'];
  readonly staging: string;
}

/** @throws SheafError `DESTINATION_EXISTS`, `PERMISSION_DENIED`, `DISK_FULL` */
export async function prepareCommit({ path, mode, staging }: FileCommit): Promise<void> {
  await checkDestination({ path, mode });
  await mkdir(staging, { recursive: true }).catch((cause: unknown) => {
    throw new SheafError('PERMISSION_DENIED', `Cannot write to ${dirname(path)}: ${(cause as Error).message}`, {
      cause,
      next: 'Choose another directory, or give the coordinator’s user the right to write there.',
    });
  });
}

/** Moves the winners' files to the destination; what else lies in the staging directory goes. */
export async function commitFiles({ path, mode, staging }: FileCommit, files: readonly string[]): Promise<void> {
  const wanted = new Set(files);
  for (const name of await readdir(staging)) if (!wanted.has(name)) await rm(join(staging, name), { recursive: true });
  if (mode === 'append' && (await exists(path))) return await moveInto(path, staging, files);
  await checkDestination({ path, mode });
  await replaceDirectory(path, staging);
}

export async function abortCommit({ staging }: FileCommit): Promise<void> {
  await rm(staging, { recursive: true, force: true });
}

async function moveInto(path: string, staging: string, files: readonly string[]): Promise<void> {
  for (const name of files) await rename(join(staging, name), join(path, name));
  await rm(staging, { recursive: true, force: true });
}

/** The old directory is set aside first, so that a failed rename can put it back. */
async function replaceDirectory(path: string, staging: string): Promise<void> {
  const aside = `${staging}.old`;
  const replaced = await exists(path);
  if (replaced) await rename(path, aside);
  try {
    await rename(staging, path);
  } catch (failed) {
    if (replaced) await rename(aside, path);
    throw failed;
  }
  await rm(aside, { recursive: true, force: true });
}

/** Overwriting replaces what a write made, never a directory that holds anything else. */
async function checkDestination({ path, mode }: Pick<FileCommit, 'path' | 'mode'>): Promise<void> {
  const names = await namesIn(path);
  if (mode === 'error' && names.length > 0) throw destinationExists(path);
  const foreign = names.find((name) => !name.startsWith(partPrefix));
  if (mode !== 'overwrite' || foreign === undefined) return;
  throw new SheafError(
    'DESTINATION_EXISTS',
    `${path} holds ${foreign}, which no write of Sheaf made, so it is not replaced`,
    {
      next: 'Write to another path, or remove it yourself.',
    },
  );
}

const destinationExists = (path: string): SheafError =>
  new SheafError('DESTINATION_EXISTS', `${path} is there already and is not empty`, {
    next: "Write to another path, or pass { mode: 'overwrite' } or { mode: 'append' }.",
  });

const exists = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const namesIn = async (path: string): Promise<string[]> => {
  if (!(await exists(path))) return [];
  return await readdir(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOTDIR') return [basename(path)];
    throw cause;
  });
};
