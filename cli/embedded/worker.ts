import type { WorkerOptions } from '../../client/local/messages.ts';
import { startWorker } from '../roles.ts';
import { coordinatorAddress, runRole } from './role.ts';

/** A worker's process of an embedded cluster. */
runRole<WorkerOptions>(async (options) => {
  await startWorker({ ...options, cluster: 'local', coordinator: coordinatorAddress(), logLevel: 'warn' });
  return '';
});
