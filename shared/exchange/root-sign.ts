import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * Where a process has its exchange files, and the content of a file there. Another process that finds the same content
 * can read the folder. Host names and paths would not prove that: containers may share both.
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

/** Whether this process can read the files that the sign stands beside. */
export function seesRoot({ root, sign }: RootSign): boolean {
  try {
    return readFileSync(join(root, signFile), 'utf8') === sign;
  } catch {
    return false; // Another machine, another user, another container: whatever the reason, the files cannot be read here.
  }
}
