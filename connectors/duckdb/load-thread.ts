import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { SheafError } from '../../shared/errors.ts';
import { type FileLoad, loadFile } from './load-file.ts';
import type { FromThread, ToThread } from './load-protocol.ts';

/** A load into a DuckDB file, on a thread of its own: the coordinator goes on leading meanwhile. */
const port = parentPort;
if (port === null) throw new SheafError('INTERNAL', 'this file is a thread');

async function mayCommit(): Promise<void> {
  const asked = once(port as NonNullable<typeof port>, 'message') as Promise<[ToThread]>;
  port?.postMessage({ kind: 'ready' } satisfies FromThread);
  const [{ kind }] = await asked;
  if (kind === 'stop') throw new SheafError('CANCELLED', 'The load was stopped before its commit');
}

try {
  const loaded = await loadFile(workerData as FileLoad, mayCommit);
  port.postMessage({ kind: 'done', loaded } satisfies FromThread);
} catch (thrown) {
  port.postMessage({ kind: 'failed', error: SheafError.from(thrown).toData() } satisfies FromThread);
}
port.close();
