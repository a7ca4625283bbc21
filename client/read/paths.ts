import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SheafError } from '../../shared/errors.ts';

/**
 * Paths as the cluster's processes need them: absolute, from this process's working directory. Globs stay globs,
 * `s3://` locations as they are.
 *
 * @throws SheafError `PLAN_INVALID` for no path at all, `NOT_SUPPORTED` for URLs other than `file:` and `s3:`
 */
export function absolutePaths(paths: string | readonly string[], workingDirectory = process.cwd()): readonly string[] {
  const list = typeof paths === 'string' ? [paths] : paths;
  if (list.length === 0 || list.includes(''))
    throw new SheafError('PLAN_INVALID', 'There is no path to read', {
      next: 'Name a file, a glob, or a list of them.',
    });
  return list.map((path) => absolutePath(path, workingDirectory));
}

/** One path, as {@link absolutePaths}. */
export function absolutePath(path: string, workingDirectory: string): string {
  if (/^s3:\/\/[^/]/.test(path)) return path;
  if (path.startsWith('file:')) return fileURLToPath(path);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path))
    throw new SheafError('NOT_SUPPORTED', `${path} is not a file's path`, {
      next: 'Read files that all workers see, for example on a shared file system, or objects: s3://bucket/key.',
    });
  return resolve(workingDirectory, path);
}
