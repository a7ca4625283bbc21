import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { ExchangeReader } from '../../../../shared/exchange/reader.ts';
import { ExchangeWriter } from '../../../../shared/exchange/writer.ts';
import {
  attempt,
  batchOf,
  folder,
  job,
  limits,
  readFile,
  schema,
  writeFile,
} from '../../../support/exchange/exchange.ts';

const writesOf = (partitions: number) =>
  fc.array(fc.tuple(fc.nat(partitions - 1), fc.array(fc.integer(), { maxLength: 300 })), { maxLength: 30 });

test('what is written is read again, per partition in written order', () => {
  using root = folder();
  const files = fc
    .integer({ min: 1, max: 20 })
    .chain((partitions) => fc.tuple(fc.constant(partitions), writesOf(partitions)));
  fc.assert(
    fc.property(files, fc.integer({ min: 4, max: 5000 }), ([partitions, writes], exchangeWriteBufferBytes) => {
      const { path, sizes } = writeFile(root.path, partitions, writes, { exchangeWriteBufferBytes });
      const expected = Array.from({ length: partitions }, (_, partition) =>
        writes.filter(([to, values]) => to === partition && values.length > 0).map(([, values]) => values),
      );
      assert.deepEqual(readFile(path), expected);
      assert.deepEqual(
        sizes.map(({ rows }) => rows),
        expected.map((batches) => batches.flat().length),
      );
    }),
    { numRuns: 60 },
  );
});

test('a file says whose it is, and its schema', () => {
  using root = folder();
  using reader = new ExchangeReader(writeFile(root.path, 3, []).path);
  assert.deepEqual(reader.owner, attempt());
  assert.deepEqual(reader.schema, schema);
  assert.deepEqual(reader.size(2), { rows: 0, bytes: 0 });
  assert.deepEqual(readdirSync(join(root.path, job)), ['0-0-0.exchange']);
});

test('any flipped bit is an error', () => {
  using root = folder();
  const { path } = writeFile(root.path, 2, [
    [0, [1, 2, 3]],
    [1, [4]],
    [0, [5, 6]],
  ]);
  const good = readFileSync(path);
  for (let at = 0; at < good.length; at++) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8));
    writeFileSync(path, bad);
    assert.throws(() => readFile(path), { code: 'FILE_CORRUPT' }, `byte ${at} of ${good.length}`);
  }
});

test('a file cut at any length is an error', () => {
  using root = folder();
  const { path } = writeFile(root.path, 2, [
    [0, [1, 2, 3]],
    [1, [4]],
  ]);
  const good = readFileSync(path);
  for (let length = 0; length < good.length; length++) {
    writeFileSync(path, good.subarray(0, length));
    assert.throws(() => readFile(path), { code: 'FILE_CORRUPT' }, `length ${length} of ${good.length}`);
  }
  writeFileSync(path, Buffer.concat([good, Buffer.alloc(1)]));
  assert.throws(() => readFile(path), { code: 'FILE_CORRUPT' });
});

test('a batch beyond the message size is cut, a row beyond the hard limit refused', () => {
  using root = folder();
  const values = Array.from({ length: 10_000 }, (_, i) => i);
  const { path } = writeFile(root.path, 1, [[0, values]], { exchangeMessageBytesMax: 4096 });
  const batches = readFile(path)[0] ?? [];
  assert.deepEqual(batches.flat(), values);
  assert.ok(batches.every((batch) => batch.length * 8 <= 4096) && batches.length < 64);
  assert.throws(() => writeFile(root.path, 1, [[0, [1]]], { exchangeRowBytesMax: 8 }), { code: 'NOT_SUPPORTED' });
  assert.deepEqual(readdirSync(join(root.path, job)), ['0-0-0.exchange'], 'no temporary file is left');
});

test('a range of segments is read alone', () => {
  using root = folder();
  using reader = new ExchangeReader(
    writeFile(root.path, 1, [
      [0, [1]],
      [0, [2]],
      [0, [3]],
    ]).path,
  );
  assert.deepEqual(
    [...reader.batches(0, 1, 2)].map((batch) => batch.rows),
    [1],
  );
  assert.equal([...reader.batches(0, 3)].length, 0);
});

test('many partitions', () => {
  using root = folder();
  const writes = Array.from({ length: 20_000 }, (_, i): [number, number[]] => [i % 10_000, [i]]);
  const read = readFile(writeFile(root.path, 10_000, writes).path);
  assert.deepEqual(read[9_999], [[9_999], [19_999]]);
  assert.throws(() => writeFile(root.path, 0, []), { code: 'PLAN_INVALID' });
});

test('an aborted file leaves nothing, and its name carries job and attempt', () => {
  using root = folder();
  const writer = new ExchangeWriter({ root: root.path, owner: attempt(7, 3, 1), partitions: 1, schema, limits });
  writer.write(0, batchOf([1]));
  const [temporary] = readdirSync(join(root.path, job));
  assert.match(temporary ?? '', /^3-7-1\.exchange\.job-1\.\d+-\d+-\d+\.tmp$/);
  writer.abort();
  assert.deepEqual(readdirSync(join(root.path, job)), []);
});

test('ids that would leave the root are refused', () => {
  using root = folder();
  for (const bad of ['..', '../x', 'a/b', '', '.hidden', 'a\0b', 'x'.repeat(200)]) {
    const owner = { kind: 'dataset', dataset: bad } as const;
    assert.throws(() => new ExchangeWriter({ root: root.path, owner, partitions: 1, schema, limits }), {
      code: 'USAGE',
    });
  }
});
