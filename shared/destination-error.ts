import { SheafError } from './errors.ts';

const denied = new Set(['EACCES', 'EPERM', 'EROFS']);
const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const noPlace = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ELOOP']);

/** What the file system says against writing to a user's destination, as a `SheafError`; other errors as they are. */
export function destinationError(thrown: unknown, path: string): unknown {
  if (thrown instanceof SheafError || !(thrown instanceof Error)) return thrown;
  const { code = '', message } = thrown as NodeJS.ErrnoException;
  const options = (next: string) => ({ cause: thrown, next, details: { path } });
  const text = `Cannot write to ${path}: ${message}`;
  if (full.has(code)) return new SheafError('DISK_FULL', text, options('Free space there, or write elsewhere.'));
  if (denied.has(code)) {
    const next =
      'Choose another directory, or give the user of the coordinator and the workers the right to write there.';
    return new SheafError('PERMISSION_DENIED', text, options(next));
  }
  if (!noPlace.has(code)) return thrown;
  return new SheafError('FILE_NOT_FOUND', text, options('Is each part of the path a directory that all machines see?'));
}
