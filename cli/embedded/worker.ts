import type { RoleOptions } from '../../client/local/messages.ts';
import { loadConfig } from '../../shared/config/config.ts';
import { startWorker } from '../roles.ts';
import { coordinatorAddress, runRole } from './role.ts';

/** A worker's process of an embedded cluster. */
runRole<Extract<RoleOptions, { role: 'worker' }>>(async (options) => {
  const coordinator = coordinatorAddress();
  const worker = await startWorker({
    ...options,
    cluster: 'local',
    coordinator,
    config: loadConfig(process.env),
    logLevel: 'warn',
  });
  const close = async (): Promise<void> => {
    worker.stop();
    await worker.closed;
  };
  return { address: '', close };
});
