import { open, rename, rm } from 'node:fs/promises';
import { SheafError } from '../../shared/errors.ts';
import { print } from './print.ts';

type Write = (text: string) => Promise<void>;

/**
 * Runs `produce` with stdout, or with a file that appears under its name only when everything is in it.
 *
 * @throws SheafError `PERMISSION_DENIED` or `FILE_NOT_FOUND` if the file cannot be made, `DISK_FULL`, and
 * `DESTINATION_EXISTS` if a folder is called so
 */
export async function withOutput(path: string | undefined, produce: (write: Write) => Promise<void>): Promise<void> {
  if (path === undefined) return produce(print);
  const unfinished = `${path}.${process.pid}.unfinished`;
  const file = await open(unfinished, 'w').catch((cause: NodeJS.ErrnoException) => {
    throw new SheafError(
      cause.code === 'ENOENT' ? 'FILE_NOT_FOUND' : 'PERMISSION_DENIED',
      `${path} cannot be written: ${cause.message}`,
      {
        cause,
        next: 'Check that its folder exists and is yours to write.',
      },
    );
  });
  try {
    // Not `write`, which may write a part only where the disk is nearly full.
    await produce((text) => file.appendFile(text));
    await file.close();
    await rename(unfinished, path);
  } catch (thrown) {
    await file.close().catch(() => {}); // What was thrown first says more.
    await rm(unfinished, { force: true });
    throw explained(thrown, path);
  }
}

function explained(thrown: unknown, path: string): unknown {
  const cause = thrown as NodeJS.ErrnoException;
  if (cause?.code === 'ENOSPC' || cause?.code === 'EDQUOT')
    return new SheafError('DISK_FULL', `${path} could not be written to its end: ${cause.message}`, {
      cause,
      next: 'Free space there, or name a file on another disk; nothing was left of this one.',
    });
  if (cause?.code === 'EISDIR')
    return new SheafError('DESTINATION_EXISTS', `${path} is a folder`, { cause, next: 'Name a file in it.' });
  return thrown;
}
