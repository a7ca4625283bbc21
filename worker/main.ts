export { Worker, type WorkerOptions } from './runtime/worker.ts';
