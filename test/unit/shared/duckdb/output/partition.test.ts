import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Batch, batchBytes } from '../../../../../shared/arrow/batch.ts';
import { decodeSchema, encodeSchema } from '../../../../../shared/arrow/ipc.ts';
import type { Input } from '../../../../../shared/duckdb/input/input.ts';
import type { QueryOptions } from '../../../../../shared/duckdb/query.ts';
import { everyTypeSql } from '../every-type.ts';
import { connection, database, firstRow, other } from '../fixture.ts';

function partitionsOf(
  sql: string,
  keys: string[],
  partitions: number,
  options: QueryOptions = {},
): { inputs: Record<string, Input>; batches: Batch[] } {
  using query = other.partitioned(sql, { keys, partitions }, options);
  const byPartition = Array.from({ length: partitions }, (): Batch[] => []);
  for (const { partition, batch } of query) byPartition[partition]?.push(batch);
  const schema = decodeSchema(encodeSchema(query.schema));
  const inputs = Object.fromEntries(
    byPartition.map((batches, i) => [`p${i}`, { schema, open: () => batches[Symbol.iterator]() }]),
  );
  return { inputs, batches: byPartition.flat() };
}

const all = (partitions: number, columns = '*'): string =>
  Array.from({ length: partitions }, (_, p) => `SELECT ${p} AS p, ${columns} FROM p${p}`).join(' UNION ALL ');

/** As tasks write exchanges. */
const narrow = { narrowArrowOptions: database.narrowArrowOptions };

test('rows of every type go to the partition of their keys, null keys too, and none is lost', () => {
  connection.execute(
    `CREATE TABLE source AS SELECT i, hash(i) % 7 = 0 AS nothing, * FROM (${everyTypeSql(6000)}) POSITIONAL JOIN range(6000) t(i)`,
  );
  const partitions = 5;
  const key = 'if(nothing, NULL, varchar)';
  for (const options of [{}, narrow]) {
    const { inputs } = partitionsOf('FROM source', [key, 'date'], partitions, options);
    const row = firstRow(
      `SELECT count(*) AS n, count(DISTINCT p) AS p,
         count(*) FILTER (p != (hash(${key}, date) >> 40) % ${partitions}) AS wrong,
         (SELECT count(*) FROM (FROM source EXCEPT ALL SELECT * EXCLUDE p FROM (${all(partitions)}))) AS lost
       FROM (${all(partitions)})`,
      inputs,
    );
    assert.deepEqual(row, { n: 6000, p: 5, wrong: 0, lost: 0 });
  }
});

test('decimals go between tasks in the bits that DuckDB has for them', () => {
  const decimals = [4, 9, 18, 38].map((width) => `if(i % 7 = 0, NULL, i / 10 - 250)::DECIMAL(${width},1) AS d${width}`);
  connection.execute(`CREATE TABLE decimals AS SELECT i, ${decimals.join(', ')}, 'text' AS s FROM range(5000) t(i)`);
  connection.execute(
    'INSERT INTO decimals (d4, d18) VALUES (999.9, 99999999999999999.9), (-999.9, -99999999999999999.9)',
  );
  const { inputs, batches } = partitionsOf('FROM decimals', ['i'], 2, narrow);
  assert.deepEqual(
    firstRow(`SELECT count(*) AS lost FROM (FROM decimals EXCEPT ALL SELECT * EXCLUDE p FROM (${all(2)}))`, inputs),
    { lost: 0 },
  );
  const types = inputs.p0?.schema.fields.map(({ type }) => ('bitWidth' in type ? type.bitWidth : undefined));
  assert.deepEqual(types?.slice(1, 5), [32, 32, 64, 128]);
  const wide = partitionsOf('SELECT d4, d18 FROM decimals', ['d4'], 2).batches.map(batchBytes);
  const small = partitionsOf('SELECT d4, d18 FROM decimals', ['d4'], 2, narrow).batches.map(batchBytes);
  assert.ok(2 * sum(small) < sum(wide) && batches.length > 0);
});

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test('rows of a partition keep their order', () => {
  const { inputs } = partitionsOf('SELECT i FROM range(30000) t(i)', ['i'], 3);
  const ordered = 'SELECT count(*) AS n FROM (SELECT i, lag(i) OVER () AS before FROM p0) WHERE i <= before';
  assert.deepEqual(firstRow(ordered, inputs), { n: 0 });
});

test('many partitions share a buffer of bounded size', () => {
  using query = other.partitioned("SELECT i, 'some text ' || i AS s FROM range(200000) t(i)", {
    keys: ['i'],
    partitions: 300,
    partitionBufferBytesMax: 1024 * 1024,
  });
  const batches = [...query].map(({ batch }) => batch);
  assert.equal(
    batches.reduce((sum, { rows }) => sum + rows, 0),
    200_000,
  );
  assert.ok(Math.max(...batches.map(batchBytes)) < 1024 * 1024);
  assert.ok(batches.length < 3000, `${batches.length} batches`);
});

test('one partition takes all; a key that is not there is named; the partition column stays hidden', () => {
  const { batches } = partitionsOf('SELECT i FROM range(10) t(i)', ['i'], 1);
  assert.equal(batches.length, 1);
  assert.throws(() => other.partitioned('SELECT 1 AS a', { keys: ['b'], partitions: 2 }), { code: 'COLUMN_UNKNOWN' });
  using query = other.partitioned("SELECT 'x'::ENUM('x') AS e", { keys: ['e'], partitions: 2 });
  assert.deepEqual(query.columns, [{ name: 'e', type: "ENUM('x')" }]);
  assert.deepEqual(query.schema.names, ['e']);
});
