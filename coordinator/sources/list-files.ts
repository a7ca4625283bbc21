import { closeSync, existsSync, globSync, opendirSync, openSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { SheafError } from '../../shared/errors.ts';
import { didYouMean } from '../../shared/nearest.ts';
import type { FileFormat } from '../../shared/plan/nodes/scan.ts';
import type { FileRef } from '../../shared/stage/split.ts';
import { committed } from './committed.ts';
import { hasFormat } from './formats.ts';

/**
 * The files that paths name, in the order of the paths and sorted within each: a file itself, a glob's matches, or all
 * files of the format below a directory. What begins with a dot is hidden; in directories also what begins with `_`;
 * and files of loads that are not committed.
 *
 * @throws SheafError `FILE_NOT_FOUND` with what is there instead, `PERMISSION_DENIED`, `QUOTA_EXCEEDED`
 */
export function listFiles(paths: readonly string[], format: FileFormat, filesMax: number): FileRef[] {
  const files = committed(() => paths.flatMap((path) => expand(path, format))).map(fileRef);
  if (files.length <= filesMax) return files;
  throw new SheafError('QUOTA_EXCEEDED', `${paths.join(', ')} names ${files.length} files; the limit is ${filesMax}`, {
    next: 'Name fewer files, or raise sourceFilesMax.',
  });
}

function expand(path: string, format: FileFormat): string[] {
  if (!isAbsolute(path)) throw relative(path);
  const kind = kindOf(path);
  if (kind === 'directory') return nonEmpty(belowDirectory(path, format), path, `no ${format} file lies below it`);
  if (kind === 'file') return [path];
  if (!/[*?[\]{}]/.test(path)) throw notFound(path);
  return nonEmpty(matches(path, format), path, 'nothing matches it');
}

function kindOf(path: string): 'file' | 'directory' | undefined {
  try {
    return statSync(path).isDirectory() ? 'directory' : 'file';
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR') return undefined;
    throw unreadable(path, thrown);
  }
}

const codeOf = (thrown: unknown): unknown => (thrown as NodeJS.ErrnoException).code;

const isHidden = (path: string): boolean => path.split('/').some((part) => part.startsWith('.') && part.length > 1);

/**
 * A directory that a glob matches counts for the files below it, as DuckDB's `dir/*` does not: only files are taken.
 */
function matches(glob: string, format: FileFormat): string[] {
  checkDirectories(glob);
  const base = glob.slice(0, glob.search(/[*?[\]{}]/));
  const found = globSync(glob, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !isHidden(path.slice(base.lastIndexOf('/') + 1)));
  const ofFormat = found.filter((path) => hasFormat(path, format));
  // `data/*` beside a README means the data; `data/*.log` means what it says.
  return (ofFormat.length > 0 && /\*\*?$/.test(glob) ? ofFormat : found).sort(byName);
}

/**
 * Node's glob steps over directories that may not be read: their files would be missing from the answer.
 *
 * @throws SheafError `PERMISSION_DENIED`
 */
function checkDirectories(glob: string): void {
  const parts = glob.split('/');
  for (const [i, part] of parts.slice(0, -1).entries()) {
    if (!/[*?[\]{}]/.test(part)) continue;
    const below = parts.slice(0, i).join('/').length;
    for (const path of globSync(`${parts.slice(0, i + 1).join('/')}/`)) {
      if (!isHidden(path.slice(below))) checkDirectory(path);
    }
  }
}

function checkDirectory(path: string): void {
  try {
    opendirSync(path).closeSync();
  } catch (thrown) {
    if (codeOf(thrown) === 'EACCES' || codeOf(thrown) === 'EPERM') throw unreadable(path, thrown);
    // Gone since, or no directory: nothing of it is missing.
  }
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function belowDirectory(directory: string, format: FileFormat): string[] {
  const isPrivate = (name: string): boolean => name.startsWith('_') || name.startsWith('.');
  return readableEntries(directory)
    .filter(({ name }) => !isPrivate(name))
    .sort((a, b) => byName(a.name, b.name))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      const isDirectory = entry.isDirectory() || (entry.isSymbolicLink() && kindOf(path) === 'directory');
      if (isDirectory) return belowDirectory(path, format);
      return hasFormat(path, format) ? [path] : [];
    });
}

function readableEntries(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (thrown) {
    throw unreadable(directory, thrown);
  }
}

function fileRef(path: string): FileRef {
  try {
    closeSync(openSync(path, 'r')); // opened, since access(2) asks for the real user, not the one in effect
    const { size, mtimeMs } = statSync(path);
    return { path, sizeBytes: size, modifiedMs: mtimeMs };
  } catch (thrown) {
    throw codeOf(thrown) === 'ENOENT' ? notFound(path) : unreadable(path, thrown);
  }
}

function nonEmpty(files: string[], path: string, why: string): string[] {
  if (files.length > 0) return files;
  const isGlob = why.startsWith('nothing');
  throw new SheafError('FILE_NOT_FOUND', `${path}: ${why}`, {
    next: isGlob ? hintFor(path.slice(0, path.search(/[*?[\]{}]/)) || '/') : 'Check the directory, or name its files.',
  });
}

const relative = (path: string): SheafError =>
  new SheafError('PLAN_INVALID', `The path ${path} is relative: the coordinator does not know to what`, {
    next: 'Send absolute paths, as the client library does.',
  });

const notFound = (path: string): SheafError =>
  new SheafError('FILE_NOT_FOUND', `There is no ${path} on the coordinator's machine`, {
    next: hintFor(path),
  });

/** The nearest directory that exists, and what in it has a similar name. */
function hintFor(path: string): string {
  let missing = path.endsWith('/') ? join(path, '*') : path;
  while (!existsSync(dirname(missing))) missing = dirname(missing);
  const directory = dirname(missing);
  const names = readdirOrNothing(directory);
  const close = didYouMean(names, basename(missing));
  const there =
    names.length === 0 ? 'it is empty' : `it holds ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`;
  const own = missing === path || missing === join(path, '*') ? 'Its directory' : 'The nearest directory that exists,';
  return [close, `${own} ${directory}: ${there}. Relative paths start at the client's working directory.`]
    .filter(Boolean)
    .join(' ');
}

function readdirOrNothing(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return []; // the hint is optional: the error itself is reported anyway
  }
}

function unreadable(path: string, thrown: unknown): SheafError {
  const code = codeOf(thrown);
  if (code !== 'EACCES' && code !== 'EPERM') return SheafError.from(thrown);
  return new SheafError('PERMISSION_DENIED', `The coordinator may not read ${path}`, {
    next: 'Let the user that runs the coordinator and its workers read it.',
    cause: thrown,
  });
}
