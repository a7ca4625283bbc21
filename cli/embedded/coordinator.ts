import type { RoleOptions } from '../../client/local/messages.ts';
import { loadConfig } from '../../shared/config/config.ts';
import { startCoordinator } from '../roles.ts';
import { runRole } from './role.ts';

/** The coordinator's process of an embedded cluster. */
runRole<Extract<RoleOptions, { role: 'coordinator' }>>((options) =>
  startCoordinator({ ...options, cluster: 'local', config: loadConfig(process.env), logLevel: 'warn' }),
);
