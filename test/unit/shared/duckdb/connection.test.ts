import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Connection } from '../../../../shared/duckdb/connection.ts';
import { Database } from '../../../../shared/duckdb/database.ts';

const database = Database.open({ memoryLimitBytes: 2 ** 28, tempDirectory: join(tmpdir(), `sheaf-${process.pid}`) });
const connection = Connection.open(database.address);
after(() => {
  connection[Symbol.dispose]();
  database[Symbol.dispose]();
});

test('rows are JavaScript values, with names kept', () => {
  const [row] = connection.rows(
    `select 1 as a, 12345678901234567890::hugeint as h, 'it''s "x" NaN' as s, null as n, true as b, [1, null] as l,
       {x: 'nan'::double} as st, date '2024-02-29' as d -- a comment
     ;`,
  );
  assert.deepEqual(row, {
    a: 1,
    h: 12345678901234567890n,
    s: 'it\'s "x" NaN',
    n: null,
    b: true,
    l: [1, null],
    st: { x: 'NaN' },
    d: '2024-02-29',
  });
});

test('describe says types that CAST takes back', () => {
  const columns = connection.describe(
    `select 'a'::enum('a', 'b''c') as e, {'x y': 1::tinyint} as s, [[1.5]]::decimal(9,3)[2][] as l,
       map {'k': uuid()} as m, union_value(k := time_ns '10:00:00') as u, '{}'::json as j, now() as t, 0 as zero`,
  );
  assert.deepEqual(
    columns.map(({ type }) => type),
    [
      `ENUM('a', 'b''c')`,
      'STRUCT("x y" TINYINT)',
      'DECIMAL(9,3)[2][]',
      'MAP(VARCHAR, UUID)',
      'UNION("k" TIME_NS)',
      'JSON',
      'TIMESTAMP WITH TIME ZONE',
      'INTEGER',
    ],
  );
  for (const { type } of columns) connection.describe(`select cast(null as ${type})`);
});

test('an aggregate state is named in full', () => {
  assert.deepEqual(connection.describe('select sum(x) export_state as s from range(3) t(x)'), [
    { name: 's', type: 'AGGREGATE_STATE<sum(BIGINT)::HUGEINT>' },
  ]);
});

test('a syntax tree goes back to SQL with its integers and doubles', () => {
  const sql = 'SELECT 18446744073709551615, 1e10, 1e300, 1.50, 170141183460469231731687303715884105727 FROM t';
  const printed = connection.print(connection.parse(sql));
  assert.equal(
    printed,
    'SELECT 18446744073709551615, 10000000000e0, 1e+300, 1.50, 170141183460469231731687303715884105727 FROM t',
  );
});

test('a constant of type DOUBLE stays one', () => {
  const constants = ['2.5e-1', '1e400', '-1e400', '-0.5e0', '1e10', '5e-324', '1e300'];
  for (const constant of constants) {
    const sql = `SELECT ${constant} AS d, typeof(${constant}) AS t`;
    assert.deepEqual(connection.rows(connection.print(connection.parse(sql))), connection.rows(sql), constant);
  }
});

test('errors carry a code and the caret', () => {
  assert.throws(() => connection.parse('select\n  from'), { code: 'SQL_INVALID', message: /LINE 2: {3}from\n {14}\^/ });
  assert.throws(() => connection.parse('drop table t'), { code: 'SQL_INVALID', next: /CREATE/ });
  assert.throws(() => connection.describe('select x from range(3) t(y)'), { code: 'COLUMN_UNKNOWN', message: /\^/ });
  assert.throws(() => connection.execute("select 'x'::integer"), { code: 'QUERY_FAILED', message: /'x'/ });
});

test('the configuration is locked and nothing is downloaded', () => {
  for (const sql of ['set threads = 4', "set timezone = 'Europe/Berlin'", "set memory_limit = '1TB'"]) {
    assert.throws(() => connection.execute(sql), /locked/);
  }
  assert.throws(() => connection.execute("from read_parquet('s3://bucket/file.parquet')"), { code: 'NOT_SUPPORTED' });
});

test('expressions nest deep', () => {
  assert.equal(connection.describe(`select ${'('.repeat(300)}1${'+1)'.repeat(300)} as n`).length, 1);
});
