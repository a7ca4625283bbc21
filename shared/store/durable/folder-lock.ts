import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SheafError } from '../../errors.ts';
import { standardLibrary } from '../../standard-library.ts';

/** Exclusive, and not waiting: `LOCK_EX | LOCK_NB`. */
const exclusiveNow = 2 | 4;
const retryMs = 50;

/**
 * Locks a folder for this process by `flock(2)`: the lock goes with the process, however that ends.
 *
 * @param waitMs how long to wait for one that is about to end
 * @throws SheafError `CONFIG_INVALID` if another process keeps it, `NOT_SUPPORTED` on Windows
 */
export async function lockFolder(folder: string, waitMs: number): Promise<Disposable> {
  if (process.platform === 'win32') {
    throw new SheafError('NOT_SUPPORTED', 'A folder of state cannot be locked on Windows', {
      next: 'Use etcd: npx sheaf coordinator --etcd …',
    });
  }
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'lock');
  const file = openSync(path, 'a+');
  const flock = standardLibrary.func('int flock(int fd, int operation)') as (fd: number, operation: number) => number;
  for (let waitedMs = 0; flock(file, exclusiveNow) !== 0; waitedMs += retryMs) {
    if (waitedMs >= waitMs) {
      closeSync(file);
      throw inUse(folder, path);
    }
    await pause(retryMs);
  }
  ftruncateSync(file);
  writeSync(file, `${process.pid}\n`);
  return { [Symbol.dispose]: () => closeSync(file) };
}

const inUse = (folder: string, path: string): SheafError =>
  new SheafError('CONFIG_INVALID', `Another cluster uses the folder of state ${folder}`, {
    details: { pid: readFileSync(path, 'utf8').trim() },
    next: 'Wait for its end, name another folder as --state-dir, or use that cluster: --cluster host:port.',
  });
