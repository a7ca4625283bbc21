import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { extname, resolve } from 'node:path';
import { compileCacheFolder } from '../client/local/compile-cache.ts';
import { SheafError } from '../shared/errors.ts';
import type { ClusterOptions } from './command.ts';

/** Flags of `sheaf run`. */
export interface RunFileOptions extends ClusterOptions {
  readonly progress?: string;
  readonly secrets?: string;
  readonly param?: Readonly<Record<string, string>>;
  readonly stateDir?: string;
}

/**
 * Runs a user's program in a Node of its own, with stdin, stdout and stderr as they are here. Signals are passed on.
 *
 * @returns its exit code; after a signal 128 plus its number, as shells say it
 * @throws SheafError `FILE_NOT_FOUND`
 */
export async function runFile(file: string, args: readonly string[], options: RunFileOptions): Promise<number> {
  if (!existsSync(file)) {
    throw new SheafError('FILE_NOT_FOUND', `There is no program ${file} in ${process.cwd()}`, {
      next: 'Check its spelling; a path is relative to where you are.',
    });
  }
  const preload = new URL(`./run-preload${extname(import.meta.url)}`, import.meta.url);
  const child = spawn(process.execPath, ['--import', preload.href, file, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...environment(options) },
  });
  return await ended(child);
}

const environment = ({
  cluster,
  tokenFile,
  progress,
  secrets,
  json,
  param,
  stateDir,
}: RunFileOptions): NodeJS.ProcessEnv => ({
  NODE_COMPILE_CACHE: compileCacheFolder(),
  SHEAF_PROGRESS: progress ?? process.env.SHEAF_PROGRESS ?? 'auto',
  ...(cluster === undefined ? {} : { SHEAF_CLUSTER: cluster }),
  ...(tokenFile === undefined ? {} : { SHEAF_TOKEN_FILE: resolve(tokenFile) }),
  ...(secrets === undefined ? {} : { SHEAF_SECRETS: resolve(secrets) }),
  ...(json ? { SHEAF_JSON: '1' } : {}),
  ...(param === undefined ? {} : { SHEAF_PARAMS: JSON.stringify(param) }),
  ...(stateDir === undefined ? {} : { SHEAF_STATE_DIR: resolve(stateDir) }),
});

function ended(child: ChildProcess): Promise<number> {
  // On a terminal, Ctrl-C reaches the program without us; anywhere else only we were told.
  const pass = (signal: NodeJS.Signals): void =>
    void ((process.stdin.isTTY && signal === 'SIGINT') || child.kill(signal));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, pass);
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('exit', (code, signal) => done(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0)));
  });
}
