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

test('batches hold at most batchRowsMax rows, in order', () => {
  using query = connection.query('select i from range(10000) t(i)', { batchRowsMax: 4096 });
  const batches = [...query];
  assert.deepEqual(
    batches.map(({ rows }) => rows),
    [4096, 4096, 1808],
  );
  const values = batches.flatMap(({ buffers }) => {
    const data = buffers[1] as Uint8Array;
    return [...new BigInt64Array(data.buffer, data.byteOffset, data.byteLength / 8)];
  });
  assert.deepEqual(
    values,
    Array.from({ length: 10_000 }, (_, i) => BigInt(i)),
  );
});

test('batches are emitted at batchBytesMax', () => {
  using query = connection.query("select repeat('x', 1000) as s from range(20000)", { batchBytesMax: 5_000_000 });
  const sizes = [...query].map(({ rows }) => rows);
  assert.ok(sizes.length >= 4 && Math.max(...sizes) <= 6144, String(sizes));
});

test('a query runs again for each iteration, and no rows are no batches', () => {
  using query = connection.query('select 1 as a where false');
  assert.deepEqual([...query, ...query], []);
  using one = connection.query('select 1 as a');
  assert.equal([...one, ...one].length, 2);
});

test('leaving an iteration frees the connection; during one it is taken', () => {
  using query = connection.query('select i from range(100000) t(i)', { batchRowsMax: 4096 });
  for (const { rows } of query) {
    assert.equal(rows, 4096);
    assert.throws(() => connection.rows('select 1'), { code: 'INTERNAL', message: /one query at a time/ });
    break;
  }
  assert.deepEqual(connection.rows('select 1 as a'), [{ a: 1 }]);
});

test('disposing of a query ends what was not read', () => {
  {
    using query = connection.query('select i from range(1000000) t(i)');
    query[Symbol.iterator]().next();
  }
  assert.deepEqual(connection.rows('select 1 as a'), [{ a: 1 }]);
});

test('an error in the middle of a stream is thrown where it is read', () => {
  using query = connection.query("select if(i = 90000, error('here'), i) as i from range(100000) t(i)");
  assert.throws(() => [...query], { code: 'QUERY_FAILED', message: /here/ });
  assert.deepEqual(connection.rows('select 1 as a'), [{ a: 1 }]);
});

test('types that travel as others keep their name; what has no form in Arrow is refused by name', () => {
  using query = connection.query("select 'b'::enum('a', 'b') as e, [{x: 'a'::enum('a')}] as l, 1 as n");
  assert.deepEqual(
    query.columns.map(({ type }) => type),
    ["ENUM('a', 'b')", `STRUCT("x" ENUM('a'))[]`, 'INTEGER'],
  );
  assert.deepEqual(
    query.schema.fields.map(({ metadata }) => metadata.get('sheaf:type')),
    ["ENUM('a', 'b')", `STRUCT("x" ENUM('a'))[]`, undefined],
  );
  assert.throws(() => connection.query('select [1::variant] as "my column"'), {
    code: 'NOT_SUPPORTED',
    message: /"my column" of type VARIANT\[\]/,
  });
});
