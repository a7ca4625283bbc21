import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Config } from '../config/config.ts';
import { SheafError } from '../errors.ts';

/**
 * Reads a cluster's token from a file. White space around it is dropped.
 *
 * @throws SheafError `CONFIG_INVALID` if the file cannot be read, others may read or write it, or it is too short
 */
export async function readTokenFile(path: string, { tokenCharactersMin }: Config): Promise<string> {
  const { mode } = await stat(path).catch((cause: unknown) => refuse(`The token file ${path} cannot be read`, cause));
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw refusal(`The token file ${path} is open to other users`, `Run: chmod 600 ${path}`);
  }
  const text = await readFile(path, 'utf8').catch((cause: unknown) =>
    refuse(`The token file ${path} cannot be read`, cause),
  );
  return checkedToken(text.trim(), path, tokenCharactersMin);
}

function checkedToken(token: string, path: string, charactersMin: number): string {
  if (/[^\x21-\x7e]/.test(token)) {
    throw refusal(`The token in ${path} holds spaces or letters beyond ASCII`, makeOne(path));
  }
  if (token.length >= charactersMin) return token;
  throw refusal(`The token in ${path} has ${token.length} characters; it needs ${charactersMin}`, makeOne(path));
}

const makeOne = (path: string): string => `Make one: openssl rand -hex 32 > ${path}`;
const refusal = (message: string, next: string): SheafError => new SheafError('CONFIG_INVALID', message, { next });
const refuse = (message: string, cause: unknown): never => {
  throw new SheafError('CONFIG_INVALID', message, { cause, next: 'Check the path and whose file it is.' });
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A check against one token that takes the same time whatever it is given. */
export function tokenCheck(token: string): (given: string) => boolean {
  const expected = digest(token);
  return (given) => timingSafeEqual(digest(given), expected);
}
