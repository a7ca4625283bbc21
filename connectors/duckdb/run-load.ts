import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SheafError } from '../../shared/errors.ts';
import type { FileLoad, FileLoaded } from './load-file.ts';
import type { FromThread, ToThread } from './load-protocol.ts';

/** Loads of this process by file: one at a time. DuckDB's lock keeps out other processes, not this one. */
const turns = new Map<string, Promise<unknown>>();

/**
 * Runs a load on a thread, after those into the same file.
 *
 * @param mustLead throws if nothing may be committed any more
 */
export async function runLoad(load: FileLoad, mustLead: () => void): Promise<FileLoaded> {
  const { path } = load.options;
  const before = turns.get(path) ?? Promise.resolve();
  const turn = before.then(() => onThread(load, mustLead));
  const settled = turn.then(
    () => undefined,
    () => undefined, // Who asked for it gets its error; the next one has nothing to do with it.
  );
  turns.set(path, settled);
  try {
    return await turn;
  } finally {
    if (turns.get(path) === settled) turns.delete(path);
  }
}

function onThread(load: FileLoad, mustLead: () => void): Promise<FileLoaded> {
  const file = new URL(`./load-thread${extname(import.meta.url)}`, import.meta.url);
  const thread = new Worker(file, { workerData: load });
  return new Promise((resolve, reject) => {
    let refusal: unknown;
    const answer = (): ToThread => {
      try {
        mustLead();
        return { kind: 'go' };
      } catch (error) {
        refusal = error;
        return { kind: 'stop' };
      }
    };
    thread.on('message', (message: FromThread) => {
      if (message.kind === 'ready') thread.postMessage(answer());
      else if (message.kind === 'done') resolve(message.loaded);
      else reject(refusal ?? SheafError.fromData(message.error));
    });
    thread.on('error', reject);
    thread.on('exit', (code) =>
      reject(new SheafError('INTERNAL', `The thread that loads ${load.options.path} ended (${code})`)),
    );
  });
}
