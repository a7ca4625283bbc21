/** Functions that tests send to workers. */
import type { RecordBatch } from 'apache-arrow';

/** Takes its time over every batch, and changes nothing. */
export function slowly(batch: RecordBatch, { ms }: { readonly ms: number }): RecordBatch {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return batch;
}
