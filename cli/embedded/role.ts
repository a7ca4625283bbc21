import { rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FromRole, RoleOptions, ToRole } from '../../client/local/messages.ts';
import { SheafError } from '../../shared/errors.ts';

/** What a role does once it runs. */
export interface RunningRole {
  /** `host:port` of a coordinator, empty of a worker. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Runs one process of an embedded cluster. The channel to the parent is its life: when the channel closes, whatever
 * became of the parent, the role stops, its files go, and the process ends. Signals of the terminal reach the parent as
 * well, so they are left to it.
 */
export function runRole<Options extends RoleOptions>(start: (options: Options) => Promise<RunningRole>): void {
  const options = JSON.parse(process.argv[2] ?? '{}') as Options;
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
  let close = async (): Promise<void> => {};
  const end = (): void => void stop(options, close);
  process.once('disconnect', end);
  process.once('SIGTERM', end);
  if (!process.connected) end(); // The parent has gone already.
  start(options).then(
    (role) => {
      close = () => role.close();
      tell({ kind: 'ready', address: role.address });
    },
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

async function stop({ dataDirectory, config }: RoleOptions, close: () => Promise<void>): Promise<void> {
  const report = (error: unknown): void => void process.stderr.write(`${SheafError.from(error).stack}\n`);
  await Promise.race([close().catch(report), sleep(config.localStopLimitMs * 0.8)]);
  removeFiles(dataDirectory);
  // An exit would wait for threads inside native calls, which nobody waits for any more.
  process.kill(process.pid, 'SIGKILL');
}

/** The last process of the cluster to go takes the common folder with it. */
function removeFiles(dataDirectory: string): void {
  rmSync(dataDirectory, { recursive: true, force: true, maxRetries: 3 });
  try {
    rmdirSync(dirname(dataDirectory));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw error;
  }
}
