import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSchema } from '../../../../shared/arrow/ipc.ts';
import { InlineWriter, readInline } from '../../../../shared/exchange/inline-rows.ts';
import { batchOf, schema, valuesOf } from '../../../support/exchange/exchange.ts';

const written = (bytesMax: number, batches: readonly (readonly number[])[]) => {
  const writer = new InlineWriter(decodeSchema(schema), bytesMax);
  for (const values of batches) writer.write(batchOf(values));
  return writer.rows;
};

test('few rows come out of a message as they went in, with their columns', () => {
  const rows = written(10_000, [[1, 2, 3], [], [4]]);
  assert.ok(rows);
  const read = readInline(JSON.parse(JSON.stringify(rows)) as typeof rows);
  assert.deepEqual(read.batches.map(valuesOf), [[1, 2, 3], [4]]);
  assert.equal(read.schema.toString(), decodeSchema(schema).toString());
  assert.deepEqual(readInline(written(10_000, []) ?? rows).batches, []);
});

test('what is more than the limit is not taken at all, whatever follows; with 0 nothing ever is', () => {
  const many = Array.from({ length: 2000 }, (_, i) => i);
  assert.equal(written(10_000, [[1], many, [2]]), undefined);
  assert.equal(written(0, []), undefined);
  assert.ok(written(20_000, [[1], many, [2]]));
});
