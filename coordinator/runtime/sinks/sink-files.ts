import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isS3 } from '../../../connectors/s3/location.ts';
import { loadConfig } from '../../../shared/config/config.ts';
import { destinationError } from '../../../shared/destination-error.ts';
import { SheafError } from '../../../shared/errors.ts';
import { ofObjectStaging } from '../../../shared/object-staging.ts';
import { isStaging, partPrefix } from '../../../shared/stage/staging.ts';
import type { FileCommit } from './file-commit.ts';
import { leftToCommit, type Whereabouts } from './left-to-commit.ts';

/** Only where a job writes to object storage. */
const objects = () => import('./sink-objects.ts');

/** @throws SheafError `DESTINATION_EXISTS`, `PERMISSION_DENIED`, `DISK_FULL`, `FILE_NOT_FOUND` */
export async function prepareCommit({ path, mode, staging }: FileCommit, config = loadConfig()): Promise<void> {
  if (isS3(path)) return await (await objects()).prepareObjects({ path, mode, staging }, config);
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
 * May be called again after it was broken off anywhere, by another process too: it then does what is left to do.
 *
 * @param mayCommit called last before the files are seen; if it throws, they are not
 * @throws SheafError as `prepareCommit`, or what `mayCommit` throws; `FILE_NOT_FOUND` if a file is nowhere
 */
export async function commitFiles(
  commit: FileCommit,
  files: readonly string[],
  mayCommit: () => void,
  config = loadConfig(),
): Promise<void> {
  const { path, mode, staging } = commit;
  if (isS3(path)) return await (await objects()).commitObjects(commit, files, mayCommit, config);
  const winners = winnersOf(commit);
  try {
    const left = leftToCommit({ mode, files, ...(await whereabouts(commit)) });
    if (left.kind === 'lost') throw filesLost(commit, left.file);
    if (left.kind === 'move') {
      await mkdir(winners, { recursive: true });
      for (const name of left.staged) await rename(join(staging, name), join(winners, name));
      await checkDestination({ path, mode });
      mayCommit();
      if (mode === 'append' && (await exists(path))) await moveInto(path, winners, left.files, mayCommit);
      else await replaceDirectory(path, winners);
    }
  } catch (thrown) {
    throw destinationError(thrown, path);
  }
  await rm(asideOf(winners), { recursive: true, force: true });
  await abortCommit(commit);
}

async function whereabouts(commit: FileCommit): Promise<Whereabouts> {
  const { path, staging } = commit;
  const staged = (await exists(staging)) ? new Set(await namesIn(staging)) : undefined;
  return { staged, chosen: new Set(await namesIn(winnersOf(commit))), there: new Set(await namesIn(path)) };
}

/** Removes what runs of the job under other leaders staged beside the destination. */
export async function removeLeftovers(path: string, job: string, config = loadConfig()): Promise<void> {
  if (isS3(path)) return await (await objects()).cleanObjects(path, job, config);
  const beside = dirname(path);
  const names = await readdir(beside).catch(() => []); // Without the directory there are no leftovers.
  const ours = names.filter((name) => isStaging(name, basename(path), job)).map((name) => join(beside, name));
  for (const staging of ours) await abortCommit({ staging });
}

/** Removes what attempts have staged. Harmless if there is nothing. */
export async function abortCommit(commit: Pick<FileCommit, 'staging'>, config = loadConfig()): Promise<void> {
  if (isS3(commit.staging)) {
    const { destination, job } = ofObjectStaging(commit.staging);
    return await (await objects()).cleanObjects(destination, job, config);
  }
  await rm(commit.staging, { recursive: true, force: true, maxRetries: 3 });
  await rm(winnersOf(commit), { recursive: true, force: true });
}

const winnersOf = ({ staging }: Pick<FileCommit, 'staging'>): string => `${staging}.winners`;
const asideOf = (winners: string): string => `${winners}.old`;

const filesLost = ({ path, staging }: FileCommit, file: string): SheafError =>
  new SheafError('FILE_NOT_FOUND', `${file}, to be committed to ${path}, is neither there nor in ${staging}`, {
    next: 'Did something else remove it? Run the job again.',
  });

/** Those that were moved go back if one cannot be. */
async function moveInto(path: string, winners: string, files: readonly string[], mayCommit: () => void): Promise<void> {
  const moved: string[] = [];
  try {
    for (const name of files) {
      await rename(join(winners, name), join(path, name));
      moved.push(name);
    }
  } catch (failed) {
    mayCommit(); // Another leader may be at the same files: they stay.
    for (const name of moved) await rename(join(path, name), join(winners, name));
    throw failed;
  }
}

/** The old directory is set aside first, so that a failed rename can put it back. */
async function replaceDirectory(path: string, winners: string): Promise<void> {
  const aside = asideOf(winners);
  const replaced = await exists(path);
  if (replaced) await rename(path, aside);
  try {
    await rename(winners, path);
  } catch (failed) {
    if (replaced) await rename(aside, path);
    throw failed;
  }
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
