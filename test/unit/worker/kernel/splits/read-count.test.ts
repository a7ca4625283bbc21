import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Schema } from 'apache-arrow';
import type { Batch } from '../../../../../shared/arrow/batch.ts';
import { ReadCount } from '../../../../../worker/kernel/splits/read-count.ts';

const batch = (rows: number): Batch => ({ rows, nodes: [], buffers: [new Uint8Array(rows * 8), new Uint8Array(1)] });

test('what is read is counted as far as it is, once, and a reading that ends early closes what it read', () => {
  let closed = 0;
  function* batches() {
    try {
      yield* [batch(3), batch(4), batch(5)];
    } finally {
      closed += 1;
    }
  }
  const read = new ReadCount();
  const input = read.of({ schema: new Schema([]), open: batches });
  const first = input.open();
  first.next();
  first.next();
  first.return?.();
  assert.deepEqual([read.rows, read.bytes, closed], [7, 58, 1]);
  const second = input.open();
  while (!second.next().done);
  assert.deepEqual([read.rows, read.bytes, closed], [7, 58, 2]);
});
