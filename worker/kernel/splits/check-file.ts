import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { type ErrorCode, SheafError } from '../../../shared/errors.ts';
import type { FileRef } from '../../../shared/stage/split.ts';

/** What DuckDB finds wrong where a file is no longer the one that it began with. */
const ofFiles: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'FILE_NOT_FOUND',
  'FILE_CORRUPT',
  'PERMISSION_DENIED',
  'ROW_MALFORMED',
  'SCHEMA_MISMATCH',
  'QUERY_FAILED',
]);

/**
 * Fails unless this machine has the file that the coordinator saw: both must speak of the same bytes.
 *
 * @param worker for people: its name
 * @throws SheafError `FILE_NOT_VISIBLE`, `FILE_CHANGED`, `PERMISSION_DENIED`
 */
export function checkFile({ path, sizeBytes, modifiedMs }: FileRef, worker: string): void {
  const { size, mtimeMs } = statOf(path, worker);
  // Shared file systems keep times to a second at worst.
  const isSame = size === sizeBytes && Math.floor(mtimeMs / 1000) === Math.floor(modifiedMs / 1000);
  if (isSame) {
    checkReadable(path, worker);
    return;
  }
  throw new SheafError(
    'FILE_CHANGED',
    `${path} is not on worker ${worker} as the coordinator saw it: ${size} bytes of ${day(mtimeMs)} there, ${sizeBytes} bytes of ${day(modifiedMs)} here`,
    {
      next: 'If it was written meanwhile, run the job again; if it is another file: keep it in a folder that all workers see, or send its rows from your program with cluster.from().',
      details: { file: path, worker },
    },
  );
}

/**
 * What a reader says of a file that was written or removed while it was read, told as what it is: a file without its
 * end or with other columns is not corrupt, nor was its path wrong. Errors that name no such file come back as they are.
 *
 * @param files those of the task, as the coordinator saw them
 */
export function ofChangedFile(error: SheafError, files: readonly FileRef[], worker: string): SheafError {
  if (!ofFiles.has(error.code)) return error;
  const named = files.filter(({ path }) => error.message.includes(path));
  try {
    for (const file of named) checkFile(file, worker);
    return error;
  } catch (thrown) {
    const { code, message, next, details } = SheafError.from(thrown);
    const more = { details: { ...error.details, ...details }, ...(next === undefined ? {} : { next }) };
    return new SheafError(code, message, { ...more, cause: error });
  }
}

function statOf(path: string, worker: string): Stats {
  try {
    return statSync(path);
  } catch (thrown) {
    throw new SheafError('FILE_NOT_VISIBLE', `Worker ${worker} cannot see ${path}`, {
      next: 'If it was removed meanwhile, run the job again; else keep it in a folder that all workers see, or send its rows from your program with cluster.from().',
      cause: thrown,
      details: { file: path, worker },
    });
  }
}

function checkReadable(path: string, worker: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (thrown) {
    throw new SheafError('PERMISSION_DENIED', `Worker ${worker} may not read ${path}`, {
      next: 'Let the user that runs the worker read it.',
      cause: thrown,
      details: { file: path, worker },
    });
  }
}

const day = (ms: number): string => new Date(ms).toISOString();
