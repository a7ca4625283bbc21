import { checkDestination, cleanLoad, commitLoad } from '../../../connectors/files/commit.ts';
import type { CommitMode } from '../../../connectors/files/ledger.ts';
import { openStorage } from '../../../connectors/files/open-storage.ts';
import type { StagedFile, Storage } from '../../../connectors/files/storage.ts';
import type { Config } from '../../../shared/config/config.ts';
import { ofObjectStaging } from '../../../shared/object-staging.ts';
import type { FileCommit } from './file-commit.ts';

/**
 * The commit of a write to object storage: attempts leave uploads open, which only the commit completes, under a
 * ledger.
 */

const modes: Readonly<Record<FileCommit['mode'], CommitMode>> = {
  error: 'error',
  overwrite: 'replace',
  append: 'append',
};

/** @throws SheafError `DESTINATION_EXISTS`, or what the storage says */
export async function prepareObjects({ path, mode, staging }: FileCommit, config: Config): Promise<void> {
  await checkDestination(await storageAt(path, config), modes[mode], ofObjectStaging(staging).job);
}

/** @param files staged files as JSON, as attempts report them */
export async function commitObjects(
  { path, mode, staging }: FileCommit,
  files: readonly string[],
  mustLead: () => void,
  config: Config,
): Promise<void> {
  const { job } = ofObjectStaging(staging);
  await commitLoad(await storageAt(path, config), {
    load: job,
    mode: modes[mode],
    files: files.map((file) => JSON.parse(file) as StagedFile),
    rows: 0,
    about: { job },
    mustLead,
  });
}

/** Removes the uploads that a job left open. @param path the destination */
export async function cleanObjects(path: string, job: string, config: Config): Promise<void> {
  await cleanLoad(await storageAt(path, config), job);
}

const storageAt = (path: string, config: Config): Promise<Storage> =>
  openStorage(path, {}, config, AbortSignal.timeout(config.objectCommitTimeoutMs));
