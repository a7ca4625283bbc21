import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * What a process says of its exchange files: their folder, and what stands in a file there that only who may read them
 * sees. Host names and paths prove nothing (containers share both), the content of this file does.
 */
export interface RootSign {
  /** Absolute. */
  readonly root: string;
  readonly sign: string;
}

const signFile = 'sign';

/** Makes a folder of exchange files recognisable, for as long as the process that owns it lives. */
export function signRoot(root: string): RootSign {
  const sign = randomBytes(16).toString('hex');
  mkdirSync(root, { recursive: true, mode: 0o700 });
  writeFileSync(join(root, signFile), sign, { mode: 0o600 });
  return { root: resolve(root), sign };
}

/** Whether this process can read the files of which that was said. */
export function seesRoot({ root, sign }: RootSign): boolean {
  try {
    return readFileSync(join(root, signFile), 'utf8') === sign;
  } catch {
    return false; // Another machine, another user, another container: whatever the reason, the files cannot be read here.
  }
}
