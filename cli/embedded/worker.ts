import type { WorkerOptions } from '../../client/local/messages.ts';
import { startWorker } from '../roles.ts';
import { coordinatorAddress, runRole } from './role.ts';

/** A worker's process of an embedded cluster. */
runRole<WorkerOptions>(async (options) => {
  const coordinator = coordinatorAddress();
  const worker = await startWorker({
    ...options,
    cluster: 'local',
    coordinator,
    logLevel: 'warn',
  });
  const close = async (): Promise<void> => {
    worker.stop();
    await worker.closed;
  };
  return { address: '', close };
});
