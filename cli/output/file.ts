import { open, rename, rm } from 'node:fs/promises';
import { SheafError } from '../../shared/errors.ts';
import { print } from './print.ts';

type Write = (text: string) => Promise<void>;

/**
 * Runs `produce` with stdout, or with a file that appears under its name only when everything is in it.
 *
 * @throws SheafError `PERMISSION_DENIED` or `FILE_NOT_FOUND` if the file cannot be made
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
    await produce(async (text) => void (await file.write(text)));
    await file.close();
    await rename(unfinished, path);
  } catch (thrown) {
    await file.close();
    await rm(unfinished, { force: true });
    throw thrown;
  }
}
