import { clientSettings } from './sections/client.ts';
import { connectorSettings } from './sections/connectors.ts';
import { coordinatorSettings } from './sections/coordinator.ts';
import { exchangeSettings } from './sections/exchange.ts';
import { fileSettings } from './sections/files.ts';
import { functionSettings } from './sections/functions.ts';
import { kernelSettings } from './sections/kernel.ts';
import { localSettings } from './sections/local.ts';
import { logSettings } from './sections/logs.ts';
import { objectSettings } from './sections/objects.ts';
import { pipelineSettings } from './sections/pipelines.ts';
import { plannerSettings } from './sections/planner.ts';
import { postgresSettings } from './sections/postgres.ts';
import { restSettings } from './sections/rest.ts';
import { rpcSettings } from './sections/rpc.ts';
import { schedulerSettings } from './sections/scheduler.ts';
import { stagingSettings } from './sections/staging.ts';
import { storeSettings } from './sections/store.ts';
import { workerSettings } from './sections/worker.ts';

/** Every limit of the engine, by heading. The reference in `docs/configuration.md` is generated from this. */
export const sections = {
  Client: clientSettings,
  Coordinator: coordinatorSettings,
  Kernel: kernelSettings,
  Planner: plannerSettings,
  Exchange: exchangeSettings,
  Functions: functionSettings,
  Logs: logSettings,
  'Object storage': objectSettings,
  Files: fileSettings,
  Scheduler: schedulerSettings,
  Pipelines: pipelineSettings,
  'Remote calls': rpcSettings,
  Store: storeSettings,
  Processes: localSettings,
  Worker: workerSettings,
  Connectors: connectorSettings,
  PostgreSQL: postgresSettings,
  Staging: stagingSettings,
  'REST APIs': restSettings,
} as const;

/** All settings in one table, by name. */
export const settings = {
  ...clientSettings,
  ...coordinatorSettings,
  ...kernelSettings,
  ...plannerSettings,
  ...exchangeSettings,
  ...functionSettings,
  ...logSettings,
  ...objectSettings,
  ...fileSettings,
  ...schedulerSettings,
  ...pipelineSettings,
  ...rpcSettings,
  ...storeSettings,
  ...localSettings,
  ...workerSettings,
  ...connectorSettings,
  ...postgresSettings,
  ...stagingSettings,
  ...restSettings,
} as const;
