import { coordinatorSettings } from './sections/coordinator.ts';
import { exchangeSettings } from './sections/exchange.ts';
import { kernelSettings } from './sections/kernel.ts';
import { rpcSettings } from './sections/rpc.ts';
import { schedulerSettings } from './sections/scheduler.ts';

/** Every limit of the engine, by heading. The reference in `docs/configuration.md` is generated from this. */
export const sections = {
  Coordinator: coordinatorSettings,
  Kernel: kernelSettings,
  Exchange: exchangeSettings,
  Scheduler: schedulerSettings,
  'Remote calls': rpcSettings,
} as const;

/** All settings in one table, by name. */
export const settings = {
  ...coordinatorSettings,
  ...kernelSettings,
  ...exchangeSettings,
  ...schedulerSettings,
  ...rpcSettings,
} as const;
