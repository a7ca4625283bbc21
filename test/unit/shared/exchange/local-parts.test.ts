import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { SheafError } from '../../../../shared/errors.ts';
import { fetchFailureOf } from '../../../../shared/exchange/fetch-failed.ts';
import { type LocalPart, readParts, schemaOfParts } from '../../../../shared/exchange/local-parts.ts';
import { ExchangeWriter } from '../../../../shared/exchange/writer.ts';
import { stageId, workerId } from '../../../../shared/ids.ts';
import { attempt, batchOf, folder, limits, schema, valuesOf } from '../../../support/exchange/exchange.ts';

function producedParts(root: string): LocalPart[] {
  return [0, 1, 2].map((task) => {
    using writer = new ExchangeWriter({ root, owner: attempt(task), partitions: 2, schema, limits });
    writer.write(1, batchOf([task, task + 10]));
    writer.commit();
    const producer = { stage: stageId(0), task, attempt: 0, worker: workerId('w1') };
    return { path: writer.path, partition: 1, rows: 2, producer };
  });
}

const failureOf = (parts: readonly LocalPart[]) => {
  try {
    Array.from(readParts(parts));
  } catch (error) {
    return fetchFailureOf(JSON.parse(JSON.stringify(SheafError.from(error).toData())));
  }
  return assert.fail('it was read');
};

test('parts are read in their order', () => {
  using root = folder();
  const parts = producedParts(root.path);
  assert.deepEqual(Array.from(readParts(parts), valuesOf), [
    [0, 10],
    [1, 11],
    [2, 12],
  ]);
  assert.deepEqual(schemaOfParts(parts), schema);
  assert.equal(schemaOfParts([]), undefined);
});

test('a part that is missing, damaged or short names its producer', () => {
  using root = folder();
  const [first, second, third] = producedParts(root.path) as [LocalPart, LocalPart, LocalPart];
  assert.equal(failureOf([first, { ...second, rows: 3 }, third])?.producer.task, 1);
  const bytes = readFileSync(second.path);
  bytes[200] = (bytes[200] ?? 0) ^ 1;
  writeFileSync(second.path, bytes);
  assert.deepEqual(failureOf([first, second, third])?.producer, second.producer);
  rmSync(third.path);
  assert.deepEqual(failureOf([first, third, second])?.producer, third.producer);
  assert.throws(() => schemaOfParts([third]), { code: 'FETCH_FAILED' });
});

test('a range of rows is read out of the batches that hold it', () => {
  using root = folder();
  using writer = new ExchangeWriter({ root: root.path, owner: attempt(0), partitions: 1, schema, limits });
  for (const values of [
    [0, 1, 2],
    [3, 4],
    [5, 6, 7, 8],
  ])
    writer.write(0, batchOf(values));
  writer.commit();
  const producer = { stage: stageId(0), task: 0, attempt: 0, worker: workerId('w1') };
  const rangeOf = (firstRow: number, rows: number): LocalPart => ({
    path: writer.path,
    partition: 0,
    firstRow,
    rows,
    producer,
  });
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  for (let first = 0; first <= 9; first++)
    for (let rows = 0; first + rows <= 9; rows++)
      assert.deepEqual(Array.from(readParts([rangeOf(first, rows)]), valuesOf).flat(), all.slice(first, first + rows));
  assert.equal(failureOf([rangeOf(6, 4)])?.producer.task, 0);
});

test('an error of whoever reads is not blamed on a producer', () => {
  using root = folder();
  const read = () => {
    for (const _ of readParts(producedParts(root.path))) throw new SheafError('OUT_OF_MEMORY', 'the reader');
  };
  assert.throws(read, { code: 'OUT_OF_MEMORY' });
});
