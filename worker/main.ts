export { Worker } from './runtime/worker.ts';
export type { WorkerOptions } from './runtime/worker-options.ts';
