/** A worker of an embedded cluster on two cores of its own: the first one's are the first two of SHEAF_BENCH_CORES. */
import { basename } from 'node:path';
import type { WorkerOptions } from '../../client/local/messages.ts';
import { pin } from './cores.ts';

const { dataDirectory, threads } = JSON.parse(process.argv[2] ?? '{}') as WorkerOptions;
const index = Number(basename(dataDirectory).replace('worker-', '')) - 1;
const cores = (process.env.SHEAF_BENCH_CORES ?? '').split(',').map(Number);
pin(cores.slice(index * threads, (index + 1) * threads)); // before it starts its threads
await import('../../cli/embedded/worker.ts');
