/** Stands in for a coordinator or a worker in tests of the embedded cluster: it starts, writes a file, and waits. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coordinatorAddress, runRole } from '../../../cli/embedded/role.ts';
import { SheafError } from '../../../shared/errors.ts';

runRole(async (options) => {
  mkdirSync(options.dataDirectory, { recursive: true });
  writeFileSync(join(options.dataDirectory, 'pid'), String(process.pid));
  if (process.env.FAKE_ROLE_FAILS === options.role) {
    throw new SheafError('PORT_IN_USE', 'Port 7400 is in use', { next: 'Choose another.' });
  }
  if (options.role === 'worker') await coordinatorAddress();
  if (process.env.FAKE_ROLE_HANGS === options.role) {
    process.removeAllListeners('disconnect');
    setInterval(() => {}, 1000);
  }
  return options.role === 'coordinator' ? '127.0.0.1:1' : '';
});
