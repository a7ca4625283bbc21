import { kernelSettings } from './sections/kernel.ts';
import { schedulerSettings } from './sections/scheduler.ts';

/** Every limit of the engine, by heading. The reference in `docs/configuration.md` is generated from this. */
export const sections = {
  Kernel: kernelSettings,
  Scheduler: schedulerSettings,
} as const;

/** All settings in one table, by name. */
export const settings = {
  ...kernelSettings,
  ...schedulerSettings,
} as const;
