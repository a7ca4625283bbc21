import { setImmediate } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { bufferPool } from '../../shared/arrow/buffer-pool.ts';
import { SheafError } from '../../shared/errors.ts';
import type { TaskFailure } from '../../shared/failure.ts';
import { redactData } from '../../shared/secrets.ts';
import { runTask } from '../kernel/run-task.ts';
import { failureOf } from '../runtime/failure-of.ts';
import { AttemptWatch } from './cancellation.ts';
import type { PoolMessage, PoolReply, PoolTask, ThreadSetUp } from './protocol.ts';

const thread = workerData as ThreadSetUp;
bufferPool.bytesMax = thread.config.threadBufferBytesMax;

/** Piscina calls this with each task. It never throws: how an attempt ended is data. */
export async function run({ shared, ...task }: PoolMessage): Promise<PoolReply> {
  const watch = new AttemptWatch(task.cancellation);
  try {
    const output = await runTask(task, { ...thread, ...shared }, watch);
    // Node reports unhandled rejections at the end of a turn: wait for that while it is known whose they are.
    await setImmediate();
    return { kind: 'finished', output };
  } catch (thrown) {
    return { kind: 'failed', failure: located(failureOf(SheafError.from(thrown), watch.cancelled), task) };
  }
}

/** A task's own error says where it happened; the other kinds name what they are about themselves. */
function located(failure: TaskFailure, { key }: PoolTask): TaskFailure {
  if (failure.kind !== 'taskError') return failure;
  const { error } = failure;
  const details = { ...error.details, stage: key.stage, partition: key.task, attempt: key.attempt };
  return { kind: 'taskError', error: redactData({ ...error, details }) };
}
