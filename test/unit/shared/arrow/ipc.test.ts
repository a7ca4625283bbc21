import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { RecordBatchReader } from 'apache-arrow';
import fc from 'fast-check';
import type { Batch } from '../../../../shared/arrow/batch.ts';
import { checkBatch } from '../../../../shared/arrow/check.ts';
import { fromRecordBatch } from '../../../../shared/arrow/from-record-batch.ts';
import { decodeBatch, decodeSchema, encodeBatch, encodeSchema } from '../../../../shared/arrow/ipc.ts';
import { layoutsOf } from '../../../../shared/arrow/layout.ts';
import { toRecordBatch } from '../../../../shared/arrow/record-batch.ts';
import { sliceBatch } from '../../../../shared/arrow/slice.ts';
import { Connection } from '../../../../shared/duckdb/connection.ts';
import { Database } from '../../../../shared/duckdb/database.ts';
import { everyTypeSql } from '../duckdb/every-type.ts';

const database = Database.open({ memoryLimitBytes: 2 ** 28, tempDirectory: join(tmpdir(), `sheaf-${process.pid}`) });
const connection = Connection.open(database.address);
const query = connection.query(everyTypeSql(1000));
const { schema } = query;
const layouts = layoutsOf(schema.fields);
const [batch] = [...query] as [Batch];
query[Symbol.dispose]();
after(() => {
  connection[Symbol.dispose]();
  database[Symbol.dispose]();
});

/** A whole IPC stream of one batch. */
function stream(schemaMessage: Uint8Array, metadata: Uint8Array, body: readonly Uint8Array[]): Buffer {
  const framed = (message: Uint8Array): Buffer => {
    const size = (message.byteLength + 7) & ~7;
    const out = Buffer.alloc(8 + size);
    out.writeUInt32LE(0xffffffff, 0);
    out.writeUInt32LE(size, 4);
    out.set(message, 8);
    return out;
  };
  return Buffer.concat([framed(schemaMessage), framed(metadata), ...body]);
}

const contents = ({ rows, nodes, buffers }: Batch) => ({ rows, nodes, buffers: buffers.map((b) => Buffer.from(b)) });

test('a schema of every type goes through its message, metadata and all', () => {
  const decoded = decodeSchema(encodeSchema(schema));
  assert.equal(String(decoded), String(schema));
  assert.deepEqual(
    decoded.fields.map(({ metadata }) => [...metadata]),
    schema.fields.map(({ metadata }) => [...metadata]),
  );
});

test('a batch goes through its message; buffers begin at multiples of 64 and are not copied', () => {
  const { metadata, body, bodyBytes } = encodeBatch(batch);
  assert.equal(
    body.reduce((sum, part) => sum + part.byteLength, 0),
    bodyBytes,
  );
  assert.ok(batch.buffers.every((buffer) => buffer.byteLength === 0 || body.includes(buffer)));
  const whole = Buffer.concat(body);
  const decoded = decodeBatch(metadata, whole);
  assert.deepEqual(contents(decoded), contents(batch));
  assert.ok(decoded.buffers.every(({ byteOffset }) => (byteOffset - whole.byteOffset) % 64 === 0));
  checkBatch(layouts, decoded);
});

test("apache-arrow's own reader reads our messages to the same bytes", () => {
  const { metadata, body } = encodeBatch(batch);
  const [read] = [...RecordBatchReader.from(stream(encodeSchema(schema), metadata, body))];
  assert.ok(read);
  assert.deepEqual(contents(fromRecordBatch(read)), contents(fromRecordBatch(toRecordBatch(schema, batch))));
});

test('slices of record batches become the same batches as slices of batches', () => {
  fc.assert(
    fc.property(fc.nat(999), fc.nat(999), (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const slice = sliceBatch(layouts, batch, from, to - from);
      checkBatch(layouts, slice);
      const other = fromRecordBatch(toRecordBatch(schema, batch).slice(from, to));
      checkBatch(layouts, other);
      assert.equal(other.rows, slice.rows);
      const text = (one: Batch) => JSON.stringify(contentsOf(one));
      assert.equal(text(other), text(slice));
    }),
    { numRuns: 60 },
  );
});

/** Values by way of compaction, so that bits beyond the last row do not count. */
const contentsOf = (one: Batch): unknown => {
  const compact = fromRecordBatch(toRecordBatch(schema, one));
  return { rows: compact.rows, nodes: compact.nodes, sizes: compact.buffers.map(trimmed) };
};
const trimmed = (buffer: Uint8Array): string => (buffer.byteLength > 200 ? Buffer.from(buffer).toString('base64') : '');

test('rubbish is an error, never a wrong read', () => {
  const { metadata, body, bodyBytes } = encodeBatch(batch);
  const whole = Buffer.concat(body);
  assert.equal(whole.byteLength, bodyBytes);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(metadata.byteLength - 1), fc.nat(255)), { minLength: 1 }), (flips) => {
      const broken = Uint8Array.from(metadata);
      for (const [at, value] of flips) broken[at] = value;
      tolerant(() => checkBatch(layouts, decodeBatch(broken, whole)));
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      tolerant(() => decodeSchema(bytes));
      tolerant(() => decodeBatch(bytes, whole));
    }),
    { numRuns: 300 },
  );
  assert.throws(() => decodeBatch(metadata, whole.subarray(0, bodyBytes - 64)), { code: 'FILE_CORRUPT' });
  assert.throws(() => decodeBatch(encodeSchema(schema), whole), { code: 'FILE_CORRUPT', message: /another message/ });
});

function tolerant(act: () => void): void {
  try {
    act();
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'FILE_CORRUPT', String(error));
  }
}

test('offsets that fall, or lead outside, are found', () => {
  using strings = connection.query("select 'abc' || i as s from range(100) t(i)");
  const [good] = [...strings] as [Batch];
  const layout = layoutsOf(strings.schema.fields);
  checkBatch(layout, good);
  for (const [at, value] of [
    [50, 1_000_000],
    [50, -1],
    [100, 1_000_000],
    [0, 7],
  ] as const) {
    const offsets = Int32Array.from(new Int32Array(good.buffers[1]?.buffer as ArrayBuffer, 0, 101));
    offsets[at] = value;
    const buffers = good.buffers.map((buffer, i) => (i === 1 ? new Uint8Array(offsets.buffer) : buffer));
    assert.throws(() => checkBatch(layout, { ...good, buffers }), { code: 'FILE_CORRUPT', message: /Column 0/ });
  }
});
