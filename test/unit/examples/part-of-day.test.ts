import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RecordBatch, Table, Utf8, vectorFromArray } from 'apache-arrow';
import { withPartOfDay } from '../../../examples/part-of-day.ts';

function departures(hours: readonly number[]): RecordBatch {
  const text = (value: string) =>
    vectorFromArray(
      hours.map(() => value),
      new Utf8(),
    );
  const delay = vectorFromArray(BigInt64Array.from(hours, () => 7n));
  const hour = vectorFromArray(Int32Array.from(hours));
  const [batch] = new Table({ origin: text('BOS'), destination: text('JFK'), delay, hour }).batches;
  if (batch === undefined) throw new Error('A table of rows has a batch');
  return batch;
}

test('a day has four parts of six hours, and the other columns stay', () => {
  const batch = withPartOfDay(departures([0, 5, 6, 17, 23]));
  assert.deepEqual(batch.getChild('part_of_day')?.toJSON(), ['night', 'night', 'morning', 'afternoon', 'evening']);
  assert.deepEqual(batch.get(4)?.toJSON(), { origin: 'BOS', destination: 'JFK', delay: 7n, part_of_day: 'evening' });
});
