import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as arrow from 'apache-arrow';
import fc from 'fast-check';
import { rowsOfBatch } from '../../../../client/result/rows.ts';
import { framesOf } from '../../../../client/upload/frames.ts';
import type { OpenSource } from '../../../../client/upload/open-source.ts';
import { type Input, sourceOf } from '../../../../client/upload/source.ts';
import { decodeBatch, decodeSchema } from '../../../../shared/arrow/ipc.ts';
import { toRecordBatch } from '../../../../shared/arrow/record-batch.ts';
import { loadConfig } from '../../../../shared/config/config.ts';
import type { DatasetFrame } from '../../../../shared/contracts/jobs.ts';
import type { SchemaSpec } from '../../../../shared/schema.ts';

const config = loadConfig({}, { schemaSampleRows: 2, uploadBatchRows: 100 });

const framesOfSource = ({ schema, batches }: OpenSource, uploadMessageBytesMax = 4096): Promise<DatasetFrame[]> =>
  Array.fromAsync(framesOf(schema, batches, { ...config, uploadMessageBytesMax }));

/** What the coordinator would read of an input. */
async function sent(input: Input, schema?: SchemaSpec): Promise<{ types: string; rows: unknown[] }> {
  const [first, ...rest] = await framesOfSource(await sourceOf(input, schema, config).open());
  const read = decodeSchema(first?.metadata ?? new Uint8Array());
  const rows = rest.flatMap(({ metadata, body }) => [...rowsOfBatch(toRecordBatch(read, decodeBatch(metadata, body)))]);
  return { types: read.fields.map(({ name, type }) => `${name} ${type}`).join(', '), rows };
}

async function* later<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

test('rows without a schema: types from their first values, what is missing is null', async () => {
  const date = new Date('2001-02-03T04:05:06.789Z');
  const rows = [
    { a: null, s: 'x', d: date, list: [1, 2], point: { x: 1 } },
    { a: 1.5, s: 'y', big: 5n, bytes: new Uint8Array([1]), flag: true },
    { s: 'z' },
  ];
  const { types, rows: read } = await sent(rows);
  assert.equal(
    types,
    'a Float64, s Utf8, d Timestamp<MICROSECOND>, list List<Float64>, point Struct<{x:Float64}>, big Int64, bytes Binary, flag Bool',
  );
  const none = { a: null, s: null, d: null, list: null, point: null, big: null, bytes: null, flag: null };
  assert.deepEqual(
    read,
    rows.map((row) => ({ ...none, ...row })),
  );
});

test('rows with a schema are of its types', async () => {
  const schema = { code: 'varchar', n: 'integer', price: 'decimal(9,2)', id: 'hugeint' };
  const { types, rows } = await sent(later([{ code: 'a', n: 1, price: '1.50', id: 7n }]), schema);
  assert.equal(types, 'code Utf8, n Int32, price Decimal[9e+2], id FixedSizeBinary[16]');
  assert.deepEqual(rows, [{ code: 'a', n: 1, price: '1.50', id: 7n }]);
  assert.deepEqual((await sent([], schema)).rows, []);
});

test('a value that does not fit is named with its row and column', async () => {
  const source = sourceOf([{ n: 1 }, { n: 2 }, { n: 'three' }], undefined, config);
  await assert.rejects(async () => framesOfSource(await source.open()), {
    code: 'SCHEMA_MISMATCH',
    message: /^Row 2, column n .* "three"/,
  });
  await assert.rejects(sent([{ n: 1, m: 2 }], { n: 'integer' }), { code: 'SCHEMA_MISMATCH', message: /column m/ });
  for (const rows of [[{ f: () => 1 }], [{ s: Symbol('s') }], [5], [{}]]) {
    await assert.rejects(sent(rows as never), { code: 'PLAN_INVALID' });
  }
});

test('tables and batches go as they are, dictionaries as their values', async () => {
  const table = arrow.tableFromArrays({ city: ['Bonn', 'Rome', 'Bonn'], n: Int32Array.of(1, 2, 3) });
  const expected = [
    { city: 'Bonn', n: 1 },
    { city: 'Rome', n: 2 },
    { city: 'Bonn', n: 3 },
  ];
  for (const input of [table, table.batches, later(table.batches), new Set(table.batches)]) {
    assert.deepEqual(await sent(input), { types: 'city Utf8, n Int32', rows: expected });
  }
  assert.deepEqual((await sent(table.slice(1, 2))).rows, expected.slice(1, 2));
});

test('batches of another schema, or rows among batches, are refused', async () => {
  const batchOf = (table: arrow.Table) => table.batches[0] as arrow.RecordBatch;
  const [one, other] = [arrow.tableFromArrays({ a: [1] }), arrow.tableFromArrays({ b: [1] })].map(batchOf);
  assert.ok(one && other);
  await assert.rejects(sent([one, other]), { code: 'SCHEMA_MISMATCH' });
  await assert.rejects(sent([one, { a: 1 }]), { code: 'PLAN_INVALID' });
});

test('an iterator serves one action, what can start anew serves many', async () => {
  const once = sourceOf(later([{ a: 1 }]), undefined, config);
  await framesOfSource(await once.open());
  await assert.rejects(once.open(), { code: 'PLAN_INVALID', message: /only once/ });
  const again = sourceOf({ [Symbol.asyncIterator]: () => later([{ a: 1 }]) }, undefined, config);
  assert.deepEqual(await framesOfSource(await again.open()), await framesOfSource(await again.open()));
  await assert.rejects(sent([]), { code: 'PLAN_INVALID', message: /schema/ });
});

test('nothing is read before it is opened, and no more than is taken', async () => {
  let given = 0;
  let ended = false;
  async function* endless() {
    try {
      for (;;) yield { n: given++ };
    } finally {
      ended = true;
    }
  }
  const source = sourceOf(endless(), undefined, config);
  assert.equal(given, 0);
  const { schema, batches } = await source.open();
  const frames = framesOf(schema, batches, config);
  await frames.next();
  await frames.next();
  assert.equal(given, 100); // As many as make a batch.
  await frames.return();
  assert.ok(ended);
});

test('messages keep to their size, and rows are neither lost nor doubled nor changed', async () => {
  const text = fc.array(fc.option(fc.string({ maxLength: 300 })), { minLength: 1, maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 200, max: 5000 }), async (values, bytesMax) => {
      const rows = values.map((s, n) => ({ n, s }));
      const source = await sourceOf(rows, { n: 'integer', s: 'varchar' }, config).open();
      const [, ...frames] = await framesOfSource(source, bytesMax);
      const batches = frames.map(({ metadata, body }) => decodeBatch(metadata, body));
      for (const [place, { rows: count }] of batches.entries()) {
        assert.ok(count === 1 || (frames[place]?.body.byteLength ?? 0) <= bytesMax + 64 * 5);
      }
      assert.deepEqual(
        batches.flatMap((batch) => [...rowsOfBatch(toRecordBatch(source.schema, batch))]),
        rows,
      );
    }),
    { numRuns: 50 },
  );
});
