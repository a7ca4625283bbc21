import { coordinatorSettings } from './sections/coordinator.ts';
import { kernelSettings } from './sections/kernel.ts';
import { rpcSettings } from './sections/rpc.ts';
import { schedulerSettings } from './sections/scheduler.ts';

/** Every limit of the engine, by heading. The reference in `docs/configuration.md` is generated from this. */
export const sections = {
  Coordinator: coordinatorSettings,
  Kernel: kernelSettings,
  Scheduler: schedulerSettings,
  'Remote calls': rpcSettings,
} as const;

/** All settings in one table, by name. */
export const settings = {
  ...coordinatorSettings,
  ...kernelSettings,
  ...schedulerSettings,
  ...rpcSettings,
} as const;
