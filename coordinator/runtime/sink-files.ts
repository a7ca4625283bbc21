import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { destinationError } from '../../shared/destination-error.ts';
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

/** @throws SheafError `DESTINATION_EXISTS`, `PERMISSION_DENIED`, `DISK_FULL`, `FILE_NOT_FOUND` */
export async function prepareCommit({ path, mode, staging }: FileCommit): Promise<void> {
  try {
    await checkDestination({ path, mode });
    await mkdir(staging, { recursive: true });
  } catch (thrown) {
    throw destinationError(thrown, dirname(path));
  }
}

/**
 * Moves the winners' files to the destination, all or none; what else lies in the staging directory goes. They leave
 * the staging directory first: an attempt that was given up, and does not know yet, may still write there.
 *
 * @param mayCommit called last before the files are seen; if it throws, they are not
 * @throws SheafError as `prepareCommit`, or what `mayCommit` throws
 */
export async function commitFiles(commit: FileCommit, files: readonly string[], mayCommit: () => void): Promise<void> {
  const { path, mode, staging } = commit;
  const winners = winnersOf(commit);
  try {
    await mkdir(winners);
    for (const name of files) await rename(join(staging, name), join(winners, name));
    await checkDestination({ path, mode });
    mayCommit();
    if (mode === 'append' && (await exists(path))) await moveInto(path, winners, files);
    else await replaceDirectory(path, winners);
  } catch (thrown) {
    throw destinationError(thrown, path);
  }
  await abortCommit(commit);
}

export async function abortCommit(commit: FileCommit): Promise<void> {
  await rm(commit.staging, { recursive: true, force: true });
  await rm(winnersOf(commit), { recursive: true, force: true });
}

const winnersOf = ({ staging }: FileCommit): string => `${staging}.winners`;

/** Those that were moved go back if one cannot be. */
async function moveInto(path: string, winners: string, files: readonly string[]): Promise<void> {
  const moved: string[] = [];
  try {
    for (const name of files) {
      await rename(join(winners, name), join(path, name));
      moved.push(name);
    }
  } catch (failed) {
    for (const name of moved) await rename(join(path, name), join(winners, name));
    throw failed;
  }
}

/** The old directory is set aside first, so that a failed rename can put it back. */
async function replaceDirectory(path: string, winners: string): Promise<void> {
  const aside = `${winners}.old`;
  const replaced = await exists(path);
  if (replaced) await rename(path, aside);
  try {
    await rename(winners, path);
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
