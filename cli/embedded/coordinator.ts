import type { CoordinatorOptions } from '../../client/local/messages.ts';
import { startCoordinator } from '../roles.ts';
import { runRole } from './role.ts';

/** The coordinator's process of an embedded cluster. */
runRole<CoordinatorOptions>(async (options) => {
  const { address } = await startCoordinator({ ...options, cluster: 'local', logLevel: 'warn' });
  return address;
});
