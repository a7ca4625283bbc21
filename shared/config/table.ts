import { kernelSettings } from './sections/kernel.ts';
import { rpcSettings } from './sections/rpc.ts';
import { schedulerSettings } from './sections/scheduler.ts';

/** Every limit of the engine, by heading. The reference in `docs/configuration.md` is generated from this. */
export const sections = {
  Kernel: kernelSettings,
  Scheduler: schedulerSettings,
  'Remote calls': rpcSettings,
} as const;

/** All settings in one table, by name. */
export const settings = {
  ...kernelSettings,
  ...schedulerSettings,
  ...rpcSettings,
} as const;
