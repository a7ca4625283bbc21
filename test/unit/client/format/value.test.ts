import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { columnValues, formatValue } from '../../../../client/format/value.ts';
import { toRecordBatch } from '../../../../shared/arrow/record-batch.ts';
import { Connection } from '../../../../shared/duckdb/connection.ts';
import { Database } from '../../../../shared/duckdb/database.ts';

const database = Database.open({ memoryLimitBytes: 2 ** 28, tempDirectory: join(tmpdir(), `sheaf-${process.pid}`) });
const connection = Connection.open(database.address);
after(() => {
  connection[Symbol.dispose]();
  database[Symbol.dispose]();
});

/** What we print of each row of a SELECT of one column. */
function printed(sql: string): string[] {
  using query = connection.query(sql);
  return [...query].flatMap((batch) => {
    const [column] = columnValues(toRecordBatch(query.schema, batch));
    assert.ok(column);
    return Array.from({ length: batch.rows }, (_, row) => formatValue(column.get(row), column.field));
  });
}

const expressions = [
  ...[
    'true',
    '42',
    '-7::tinyint',
    '18446744073709551615::ubigint',
    '(-170141183460469231731687303715884105727)::hugeint',
  ],
  ...['1.50::decimal(9,2)', '(-0.001)::decimal(38,3)', "'text'", "'a'::enum('a', 'b')", "'1010'::bit", 'null::integer'],
  ...["'3f333df6-90a4-4fda-8dd3-9485d27cee36'::uuid", "date '2024-02-29'", "date '0044-03-15'", "time '23:59:59.25'"],
  ...[
    "timestamp '2024-02-29 12:34:56.789012'",
    "timestamp '1969-12-31 23:59:59.5'",
    "timestamp_s '2001-01-01 00:00:00'",
  ],
  ...[
    "'infinity'::timestamp",
    "'-infinity'::timestamp",
    "interval '14 months 3 days 04:05:06.7'",
    "interval '-1 second'",
  ],
  ...["timetz '10:00:00+05:30'", '[1, null, 3]', "[['a'], []]", "{'x': 1, 'y z': [true]}", "map {'k': 1, 'l': null}"],
  ...[
    '[1, 2]::integer[2]',
    '\'{"a": 1}\'::json',
    'union_value(k := 5)',
    "row(1, 'a')",
    '[row(1, null), row(2, [3])]',
    'map([row(1, 2)], [row(3, row(4))])',
    '1.5::double',
    "'nan'::double",
    "'-inf'::float",
  ],
];

test('values print as DuckDB prints them', () => {
  for (const expression of expressions) {
    const [expected] = connection.rows(`select coalesce((${expression})::varchar, 'null') as v`);
    const text = String(expected?.v).replaceAll('NULL', 'null').replaceAll('=', ': ').replaceAll("'", '');
    assert.deepEqual(printed(`select ${expression} as v`), [text], expression);
  }
});

test('times with a zone are said in UTC, bytes in hex, numbers with all their digits', () => {
  assert.deepEqual(printed("select timestamptz '2024-01-01 12:00:00+02'"), ['2024-01-01 10:00:00+00']);
  assert.deepEqual(printed("select '\\x00\\xFF'::blob"), ['00ff']);
  assert.deepEqual(printed('select 0.1::double + 0.2::double'), ['0.30000000000000004']);
});

test('every row prints, whatever the batches and nulls', () => {
  const sql = "select case when i % 3 = 0 then null else 'row ' || i end from range(5000) t(i)";
  const expected = Array.from({ length: 5000 }, (_, row) => (row % 3 === 0 ? 'null' : `row ${row}`));
  assert.deepEqual(printed(sql), expected);
});
