import { rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FromRole, RoleOptions, ToRole } from '../../client/local/messages.ts';
import { SheafError } from '../../shared/errors.ts';

/**
 * Runs one process of an embedded cluster. The channel to the parent is its life: when the channel closes, whatever
 * became of the parent, its files go and the process ends. Signals of the terminal reach the parent as well, so they
 * are left to it.
 *
 * @param start starts the role and resolves with its address: `host:port` of a coordinator, empty of a worker
 */
export function runRole<Options extends RoleOptions>(start: (options: Options) => Promise<string>): void {
  const options = JSON.parse(process.argv[2] ?? '{}') as Options;
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
  const end = (): void => vanish(options);
  process.once('disconnect', end);
  process.once('SIGTERM', end);
  if (!process.connected) end(); // The parent has gone already.
  start(options).then(
    (address) => tell({ kind: 'ready', address }),
    (error: unknown) => tell({ kind: 'failed', error: SheafError.from(error).toData() }),
  );
}

/** The coordinator's address, when the parent knows it. */
export const coordinatorAddress = (): Promise<string> =>
  new Promise((resolve) => {
    process.once('message', ({ address }: ToRole) => resolve(address));
  });

function tell(message: FromRole): void {
  if (process.connected) process.send?.(message, () => {}); // A broken channel ends with 'disconnect' as well.
}

/** The parent is gone: there is nothing to end in order, and an exit would wait for native calls. */
function vanish({ dataDirectory }: RoleOptions): void {
  removeFiles(dataDirectory);
  process.kill(process.pid, 'SIGKILL');
}

/** The last process of the cluster to end removes the common folder. */
function removeFiles(dataDirectory: string): void {
  rmSync(dataDirectory, { recursive: true, force: true, maxRetries: 3 });
  try {
    rmdirSync(dirname(dataDirectory));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw error;
  }
}
