import { createHash } from 'node:crypto';
import { SheafError } from '../../shared/errors.ts';

/** A file or an object as a listing shows it. */
export interface FoundFile {
  /** Absolute path, or `s3://bucket/key`. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Of an object. */
  readonly etag?: string;
}

/**
 * Where an incremental listing left off: all files older than `sinceMs` are known, and of the others those in `seen`.
 * So a file that comes late (an object carries the time at which its upload began, clocks differ) is still new.
 */
export interface FilesCursor {
  readonly sinceMs: number;
  /** Short hashes of path, size, time and tag. */
  readonly seen: readonly string[];
  readonly [key: string]: number | readonly string[];
}

/** Limits of the cursor of an incremental listing. */
export interface CursorLimits {
  /** How late a file may come. */
  readonly fileCursorOverlapMs: number;
  readonly fileCursorNamesMax: number;
}

/**
 * What of a listing is new since the cursor, the oldest first, and the cursor after it. A file that was written again
 * is new. Where more files than `fileCursorNamesMax` are within the overlap, the overlap is shorter. Pure.
 *
 * @throws SheafError `QUOTA_EXCEEDED` if more files than the cursor may hold have the same newest time
 */
export function newFiles(
  found: readonly FoundFile[],
  cursor: FilesCursor | undefined,
  limits: CursorLimits,
): { readonly files: readonly FoundFile[]; readonly cursor: FilesCursor } {
  const seen = new Set(cursor?.seen);
  const since = cursor?.sinceMs ?? Number.NEGATIVE_INFINITY;
  const recent = found.filter(({ modifiedMs }) => modifiedMs >= since).sort(byTime);
  const files = recent.filter((file) => !seen.has(markOf(file)));
  return { files, cursor: cursorAfter(recent, cursor, limits) };
}

function cursorAfter(recent: readonly FoundFile[], cursor: FilesCursor | undefined, limits: CursorLimits): FilesCursor {
  const newest = recent.at(-1)?.modifiedMs;
  // What was seen and is gone need not be remembered.
  if (newest === undefined) return cursor ?? { sinceMs: 0, seen: [] };
  let sinceMs = Math.max(cursor?.sinceMs ?? 0, newest - limits.fileCursorOverlapMs);
  const firstKept = recent.length - limits.fileCursorNamesMax;
  const cut = recent[firstKept - 1];
  // All files of one time are remembered, or none.
  if (cut !== undefined && cut.modifiedMs >= sinceMs) sinceMs = cut.modifiedMs + 1;
  if (sinceMs > newest) throw tooMany(recent.at(-1) as FoundFile, limits.fileCursorNamesMax);
  return { sinceMs, seen: recent.filter(({ modifiedMs }) => modifiedMs >= sinceMs).map(markOf) };
}

const byTime = (a: FoundFile, b: FoundFile): number =>
  a.modifiedMs - b.modifiedMs || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

const markOf = ({ path, sizeBytes, modifiedMs, etag = '' }: FoundFile): string =>
  createHash('sha256')
    .update(JSON.stringify([path, sizeBytes, modifiedMs, etag]))
    .digest('base64')
    .slice(0, 12);

const tooMany = ({ path }: FoundFile, most: number): SheafError =>
  new SheafError(
    'QUOTA_EXCEEDED',
    `More than ${most} files have the same newest time as ${path}: the cursor cannot hold them`,
    {
      next: 'Raise fileCursorNamesMax.',
    },
  );
