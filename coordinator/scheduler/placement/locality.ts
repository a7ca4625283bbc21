import type { ExchangeSlice } from '../../../shared/stage/exchange-part.ts';
import type { PartitionSize } from '../../../shared/stage/task.ts';
import type { SchedulerLimits } from '../core.ts';
import { sliceOf, tasksOf } from '../state/slices.ts';
import type { Stage } from '../state/stage.ts';
import type { Task } from '../state/task.ts';
import type { Worker } from '../state/worker.ts';

/** Whether it can matter where the stage's tasks run: each reads a partition of its own from an exchange. */
export const hasLocality = ({ spec }: Stage): boolean =>
  spec.inputs.some((input) => input.kind === 'exchange' && input.mode === 'partition');

/**
 * The worker that holds most of the task's partitions, by a look at a bounded number of their producers: preferred, never
 * waited for. Nothing if the bytes are spread, as after a shuffle by hash: then an even load is worth more.
 */
export function nearestWorker(task: Task, limits: SchedulerLimits): Worker | undefined {
  const version = task.stage.producers.reduce((sum, producer) => sum + producer.version, 0);
  if (task.nearest?.version !== version) {
    const bytes = bytesByWorker(task, limits.localityProducersMax);
    task.nearest = { version, worker: holderOf(bytes, limits.localityPercentMin) };
  }
  return task.nearest.worker;
}

function bytesByWorker({ stage, index }: Task, producersMax: number): Map<Worker, number> {
  const bytes = new Map<Worker, number>();
  for (const input of stage.spec.inputs) {
    if (input.kind !== 'exchange' || input.mode !== 'partition') continue;
    const producer = stage.job.stages.get(input.from);
    const slice = sliceOf(input, index);
    const tasks = producer === undefined ? [] : tasksOf(producer, slice);
    const stride = Math.ceil(tasks.length / producersMax);
    for (let at = 0; at < tasks.length; at += stride) {
      const state = tasks[at]?.state;
      if (state?.kind !== 'finished') continue;
      const size = bytesIn(state.output.partitions, slice);
      bytes.set(state.worker, (bytes.get(state.worker) ?? 0) + size);
    }
  }
  return bytes;
}

function bytesIn(partitions: readonly PartitionSize[], { from, to }: ExchangeSlice): number {
  let bytes = 0;
  for (let partition = from; partition < to; partition++) bytes += partitions[partition]?.bytes ?? 0;
  return bytes;
}

/** The worker that holds at least this share of the bytes: one at most, since the share is more than half. */
function holderOf(bytes: ReadonlyMap<Worker, number>, percentMin: number): Worker | undefined {
  let all = 0;
  for (const size of bytes.values()) all += size;
  for (const [worker, size] of bytes) if (size > 0 && size * 100 >= all * percentMin) return worker;
  return undefined;
}
