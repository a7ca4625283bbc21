import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SinkContext } from '../contract.ts';
import { shortHash } from '../short-hash.ts';
import type { FileOptions } from './options.ts';

/** Where rows wait for the commit: a file for each attempt, beside the database. */
export const stagingDirectoryOf = ({ path, stagingDirectory }: FileOptions): string =>
  stagingDirectory ?? `${path}.staging`;

const prefixOf = ({ run, output }: SinkContext): string => `${run}.${shortHash(output)}.`;

/** The file of an attempt, in a directory that is there. */
export async function stagedFile(options: FileOptions, context: SinkContext & { attempt: string }): Promise<string> {
  const directory = stagingDirectoryOf(options);
  await mkdir(directory, { recursive: true });
  return join(directory, `${prefixOf(context)}${shortHash(context.attempt)}.parquet`);
}

/** Removes the run's files, those of any run that are older, and the directory if it is empty then. */
export async function removeStaged(options: FileOptions, context: SinkContext, olderThanMs: number): Promise<void> {
  const directory = stagingDirectoryOf(options);
  for (const name of await namesIn(directory)) {
    const file = join(directory, name);
    const isOld = async (): Promise<boolean> =>
      ((await stat(file).catch(ignoreAbsence))?.mtimeMs ?? Infinity) < olderThanMs;
    if (name.startsWith(prefixOf(context)) || (name.endsWith('.parquet') && (await isOld())))
      await rm(file, { force: true });
  }
  await rmdir(directory).catch(ignoreAbsence);
}

const namesIn = async (directory: string): Promise<string[]> => (await readdir(directory).catch(ignoreAbsence)) ?? [];

/** Other loads may be removing the same old files, or staging new ones. */
function ignoreAbsence(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
}
