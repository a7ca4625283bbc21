import { SheafError } from '../errors.ts';

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** An error of the file system as a `SheafError` that names the file. */
export function diskError(thrown: unknown, path: string): SheafError {
  if (thrown instanceof SheafError) return thrown;
  const { code, message } = thrown as NodeJS.ErrnoException;
  if (code !== undefined && full.has(code)) return diskFull(path, thrown);
  if (code === 'ENOENT') return notFound(path, thrown);
  return new SheafError('INTERNAL', `${path}: ${message}`, { cause: thrown, retryable: true, details: { path } });
}

const diskFull = (path: string, cause: unknown): SheafError =>
  new SheafError('DISK_FULL', `The disk is full: ${path} could not be written and was removed`, {
    cause,
    retryable: true,
    next: 'Free space there, or start the worker with --data-dir on a larger disk.',
    details: { path },
  });

const notFound = (path: string, cause: unknown): SheafError =>
  new SheafError('FILE_NOT_FOUND', `The exchange file ${path} is not there: its job may have been dropped`, {
    cause,
    retryable: true,
    next: 'The tasks that wrote it run again if it is still needed.',
    details: { path },
  });
