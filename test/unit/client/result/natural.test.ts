import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DataType, Table } from 'apache-arrow';
import { naturalBatch, naturalSchema } from '../../../../client/result/natural.ts';
import { toRecordBatch } from '../../../../shared/arrow/record-batch.ts';
import { Connection } from '../../../../shared/duckdb/connection.ts';
import { Database } from '../../../../shared/duckdb/database.ts';

/** What a worker would send for this SQL. */
function recordBatch(sql: string) {
  using database = Database.open({ memoryLimitBytes: 2 ** 28, tempDirectory: '/tmp' });
  using connection = Connection.open(database.address);
  using query = connection.query(sql);
  const [batch] = query;
  assert.ok(batch);
  return toRecordBatch(query.schema, batch);
}

const sql = `
  SELECT (i * 7 - 3)::HUGEINT AS h, nullif(i, 1)::HUGEINT AS n, '00000000-0000-0000-0000-00000000000a'::UUID AS u, i
  FROM range(3) t(i)`;

test('sums and identifiers arrive as numbers and text', () => {
  const batch = naturalBatch(recordBatch(sql));
  assert.ok(DataType.isDecimal(batch.schema.fields[0]?.type));
  const rows = new Table(batch).toArray().map((row) => row.toJSON());
  assert.deepEqual(
    rows.map(({ h, n, u, i }) => [String(h), n === null ? null : String(n), u, i]),
    [
      ['-3', '0', '00000000-0000-0000-0000-00000000000a', 0n],
      ['4', null, '00000000-0000-0000-0000-00000000000a', 1n],
      ['11', '2', '00000000-0000-0000-0000-00000000000a', 2n],
    ],
  );
});

test('a slice keeps its place', () => {
  const batch = naturalBatch(recordBatch(sql).slice(1));
  assert.deepEqual(
    new Table(batch).toArray().map(({ h, n }) => [String(h), n === null ? null : String(n)]),
    [
      ['4', null],
      ['11', '2'],
    ],
  );
});

test('what is natural already is left alone', () => {
  const batch = recordBatch('SELECT 1 AS a, 1.5::DECIMAL(9, 2) AS d');
  assert.equal(naturalBatch(batch), batch);
  assert.deepEqual(naturalSchema(batch.schema).fields, batch.schema.fields);
});
