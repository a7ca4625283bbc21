import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Coordinator, type CoordinatorOptions, homeOf, type RunningCoordinator } from './runtime/coordinator.ts';

export type { CoordinatorOptions, RunningCoordinator } from './runtime/coordinator.ts';

/**
 * Starts a coordinator: it listens at once, and leads as soon as nobody else does.
 *
 * @throws SheafError `PORT_IN_USE`, `OPEN_WITHOUT_TOKEN`, `STORE_UNREACHABLE`
 */
export async function runCoordinator(options: CoordinatorOptions): Promise<RunningCoordinator> {
  mkdirSync(join(homeOf(options), 'spool'), { recursive: true });
  return await Coordinator.start(options);
}
