import { statSync } from 'node:fs';
import { SheafError } from '../../shared/errors.ts';
import type { LogPiece } from './pieces.ts';

/**
 * A log may have grown since it was listed, which changes nothing of what was listed; it must not have shrunk.
 *
 * @throws SheafError `FILE_NOT_VISIBLE`, `FILE_CHANGED`
 */
export function checkUnchanged({ path, sizeBytes }: LogPiece): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    throw new SheafError('FILE_NOT_VISIBLE', `This worker cannot see ${path}`, {
      next: 'Use storage that all workers see, or object storage.',
    });
  }
  if (found.size >= sizeBytes) return;
  throw new SheafError('FILE_CHANGED', `${path} has ${found.size} bytes where ${sizeBytes} were listed`, {
    next: 'Was it rotated meanwhile? Run again.',
    retryable: true,
  });
}
