import { glob, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import type { ScanNode } from '../../shared/plan/nodes/scan.ts';
import { expand } from '../s3/expand.ts';
import { isGlob, isS3 } from '../s3/location.ts';
import type { S3Options } from '../s3/options.ts';
import { objectStore } from '../s3/store.ts';
import { LocalStorage } from './local-storage.ts';
import { destinationOf, loadOf } from './names.ts';
import { type FilesCursor, type FoundFile, newFiles } from './new-files.ts';
import { visible } from './visible.ts';

/** What is listed, and since when. */
export interface ListNewOptions {
  /** Whether a name is of the wanted format, where a folder or a prefix is named. */
  readonly isOfFormat: (name: string) => boolean;
  readonly s3?: S3Options;
  readonly cursor?: FilesCursor | undefined;
  readonly config: Config;
  readonly signal: AbortSignal;
}

/**
 * The files and objects that paths (globs, folders, prefixes) name and that are new since the cursor, the oldest first,
 * with the cursor after them: to be kept when what they hold has been loaded. None at all is no error: they may come
 * yet.
 *
 * @throws SheafError `PERMISSION_DENIED`, `QUOTA_EXCEEDED`, what the storage says
 */
export async function listNew(
  paths: readonly string[],
  options: ListNewOptions,
): Promise<{ readonly files: readonly FoundFile[]; readonly cursor: FilesCursor }> {
  const found: FoundFile[] = [];
  for (const path of paths) found.push(...(await (isS3(path) ? objectsAt(path, options) : filesAt(path, options))));
  const { sourceFilesMax } = options.config;
  const unique = [...new Map(found.map((file) => [file.path, file])).values()];
  const listed = newFiles(unique, options.cursor, options.config);
  if (listed.files.length <= sourceFilesMax) return listed;
  throw new SheafError(
    'QUOTA_EXCEEDED',
    `${paths.join(', ')}: ${listed.files.length} files are new; the limit is ${sourceFilesMax}`,
    {
      next: 'Name fewer files, or raise sourceFilesMax.',
    },
  );
}

/**
 * The same scan over the files that are to be read now; nothing if there is none. Pure.
 */
export const scanOf = (scan: ScanNode, files: readonly FoundFile[]): ScanNode | undefined =>
  files.length === 0 ? undefined : { ...scan, paths: files.map(({ path }) => path) };

async function objectsAt(path: string, { isOfFormat, s3 = {}, config, signal }: ListNewOptions): Promise<FoundFile[]> {
  const store = await objectStore(s3, config);
  try {
    // What is old counts here, too: the limit is that of what is new.
    const { bucket, objects } = await expand(path, store, {
      isOfFormat,
      objectsMax: Number.MAX_SAFE_INTEGER,
      limits: config,
      signal,
    });
    return objects.map(({ key, ...info }) => ({ path: `s3://${bucket}/${key}`, ...info }));
  } catch (thrown) {
    const isEmpty = thrown instanceof SheafError && thrown.code === 'FILE_NOT_FOUND' && thrown.details === undefined;
    if (isEmpty) return [];
    throw thrown;
  }
}

async function filesAt(path: string, { isOfFormat }: ListNewOptions): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for (const file of await committedAt(path, isOfFormat)) {
    const info = await stat(file).catch(nothingThere);
    if (info?.isFile()) found.push({ path: file, sizeBytes: info.size, modifiedMs: info.mtimeMs });
  }
  return found;
}

/** Without files of loads that are not committed. */
async function committedAt(path: string, isOfFormat: (name: string) => boolean): Promise<readonly string[]> {
  const all = await pathsAt(path, isOfFormat);
  const destinations = new Set(all.filter((file) => loadOf(file) !== undefined).map(destinationOf));
  if (destinations.size === 0) return all;
  const roots = [...destinations].map((root) => ({ storage: new LocalStorage(root), prefix: `${root}/` }));
  return await visible(
    roots,
    () => pathsAt(path, isOfFormat),
    (file) => file,
  );
}

async function pathsAt(path: string, isOfFormat: (name: string) => boolean): Promise<string[]> {
  const info = await stat(path).catch(nothingThere);
  if (info?.isDirectory()) {
    const entries = await readdir(path, { recursive: true });
    return entries.filter((name) => !isHidden(name) && isOfFormat(name)).map((name) => join(path, name));
  }
  if (info !== undefined || !isGlob(path)) return info === undefined ? [] : [path];
  const base = path.slice(0, path.search(/[*?[\]{}]/)).replace(/[^/]*$/, '');
  const matches: string[] = [];
  for await (const match of glob(path)) if (!isHidden(match.slice(base.length), /^(\.|_sheaf$)/)) matches.push(match);
  return matches;
}

const isHidden = (name: string, hidden = /^[._]/): boolean => name.split('/').some((part) => hidden.test(part));

const nothingThere = (thrown: NodeJS.ErrnoException): undefined => {
  if (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR') return undefined;
  if (thrown.code !== 'EACCES' && thrown.code !== 'EPERM') throw thrown;
  throw new SheafError('PERMISSION_DENIED', `The coordinator may not list ${thrown.path ?? 'a folder'}`, {
    next: 'Let the user that runs the coordinator read it.',
    cause: thrown,
  });
};
