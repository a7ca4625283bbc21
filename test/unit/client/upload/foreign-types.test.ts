import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as arrow from 'apache-arrow';
import { toColumns } from '../../../../client/upload/columns.ts';
import { sourceOf } from '../../../../client/upload/source.ts';
import { loadConfig } from '../../../../shared/config/config.ts';
import { Connection } from '../../../../shared/duckdb/connection.ts';
import { Database } from '../../../../shared/duckdb/database.ts';

const database = Database.open({ memoryLimitBytes: 2 ** 28, tempDirectory: join(tmpdir(), `sheaf-${process.pid}`) });
const connection = Connection.open(database.address);
after(() => {
  connection[Symbol.dispose]();
  database[Symbol.dispose]();
});

/** A column of one value, from its bytes. */
const one = (type: arrow.DataType, ...bytes: readonly number[]): arrow.Vector => {
  const data = new Uint8Array(16);
  data.set(bytes);
  const words = new (type.ArrayType as Uint8ArrayConstructor)(data.buffer);
  return arrow.makeVector(arrow.makeData({ type, data: words, length: 1 } as never) as arrow.Data);
};

/** What tables hold that did not come from DuckDB, and how DuckDB prints their first values. */
const columns: Readonly<Record<string, readonly [arrow.Vector, string]>> = {
  bool: [arrow.vectorFromArray([true], new arrow.Bool()), 'true'],
  int8: [one(new arrow.Int8(), 0xff), '-1'],
  uint64: [one(new arrow.Uint64(), 7), '7'],
  float32: [one(new arrow.Float32(), 0, 0, 0xc0, 0x3f), '1.5'],
  date32: [one(new arrow.DateDay(), 1), '1970-01-02'],
  dateMs: [one(new arrow.DateMillisecond(), 0, 0x5c, 0x26, 5), '1970-01-02'],
  time32: [one(new arrow.TimeSecond(), 61), '00:01:01'],
  timeMs: [one(new arrow.TimeMillisecond(), 61), '00:00:00.061'],
  timeUs: [one(new arrow.TimeMicrosecond(), 61), '00:00:00.000061'],
  timeNs: [one(new arrow.TimeNanosecond(), 61), '00:00:00.000000061'],
  seconds: [one(new arrow.TimestampSecond(), 61), '1970-01-01 00:01:01'],
  millis: [one(new arrow.TimestampMillisecond(), 61), '1970-01-01 00:00:00.061'],
  nanos: [one(new arrow.TimestampNanosecond(), 61), '1970-01-01 00:00:00.000000061'],
  zoned: [one(new arrow.TimestampMillisecond('Europe/Rome'), 61), '1970-01-01 00:00:00.061+00'],
  interval: [one(new arrow.IntervalMonthDayNano(), 1, 0, 0, 0, 2), '1 month 2 days'],
  months: [one(new arrow.IntervalYearMonth(), 14), '1 year 2 months'],
  duration: [one(new arrow.DurationSecond(), 61), '00:01:01'],
  decimal: [one(new arrow.Decimal(2, 9, 128), 150), '1.50'],
  fixed: [one(new arrow.FixedSizeBinary(2), 1, 2), '\\x01\\x02'],
  text: [arrow.vectorFromArray(['x'], new arrow.Utf8()), 'x'],
  largeText: [arrow.vectorFromArray(['x'], new arrow.LargeUtf8()), 'x'],
  dictionary: [arrow.vectorFromArray(['x'], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8())), 'x'],
  list: [arrow.vectorFromArray([[1]], new arrow.List(new arrow.Field('i', new arrow.Int16()))), '[1]'],
};

for (const [name, [vector, expected]] of Object.entries(columns)) {
  test(`a column of ${vector.type} is what DuckDB makes of it`, async () => {
    const { schema, batches } = await sourceOf(new arrow.Table({ [name]: vector }), undefined, loadConfig()).open();
    const [batch] = await Array.fromAsync(batches);
    assert.ok(batch);
    const inputs = { given: { schema, open: () => [batch].values() } };
    {
      using query = connection.query('select * from given', { inputs });
      assert.deepEqual(toColumns(schema), query.columns);
    }
    using texts = connection.query(`select ${name}::varchar as v from given`, { inputs });
    const [text] = [...texts];
    assert.equal(Buffer.from(text?.buffers[2] ?? []).toString(), expected);
  });
}

test('a column that DuckDB cannot read is refused by name', () => {
  const half = new arrow.Schema([new arrow.Field('half', new arrow.Float16())]);
  assert.throws(() => toColumns(half), { code: 'NOT_SUPPORTED', message: /half/ });
});
