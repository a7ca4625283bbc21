import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../processes/processes.ts';

/** json-server over a copy of a file: a real REST API, whose rows may be changed by PATCH and POST. */
export interface JsonServer extends AsyncDisposable {
  readonly url: string;
}

const patienceMs = 20_000;

/** @param file of JSON, a list for each route */
export async function startJsonServer(file: string): Promise<JsonServer> {
  const folder = mkdtempSync(join(tmpdir(), 'json-server-'));
  const copy = join(folder, 'db.json');
  copyFileSync(file, copy);
  const port = await freePort();
  const program = createRequire(import.meta.url).resolve('json-server/lib/cli/bin.js');
  const child = spawn(process.execPath, [program, copy, '--port', String(port), '--host', '127.0.0.1', '--quiet'], {
    stdio: 'ignore',
    cwd: folder,
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(url, child);
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  for (const endMs = performance.now() + patienceMs; performance.now() < endMs; await pause(50)) {
    if (child.exitCode !== null) throw new Error(`json-server ended with ${child.exitCode}`);
    const answer = await fetch(url).catch(() => undefined); // Not yet.
    if (answer?.ok) return;
  }
  child.kill('SIGKILL');
  throw new Error(`json-server does not answer at ${url}`);
}
