import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Field, Int64, Schema, tableFromArrays, vectorFromArray } from 'apache-arrow';
import type { Batch } from '../../../../../shared/arrow/batch.ts';
import { fromRecordBatch } from '../../../../../shared/arrow/from-record-batch.ts';
import { layoutsOf } from '../../../../../shared/arrow/layout.ts';
import { flatSchema, toRecordBatch } from '../../../../../shared/arrow/record-batch.ts';
import { sliceBatch } from '../../../../../shared/arrow/slice.ts';
import { Connection } from '../../../../../shared/duckdb/connection.ts';
import { bytesHeld } from '../../../../../shared/duckdb/input/holds.ts';
import { type Input, onceInput } from '../../../../../shared/duckdb/input/input.ts';
import type { Query } from '../../../../../shared/duckdb/query.ts';
import { SheafError } from '../../../../../shared/errors.ts';
import { everyType, everyTypeSql } from '../every-type.ts';
import { connection, database, firstRow, inputOf, other } from '../fixture.ts';

connection.execute(`CREATE TABLE every_type AS ${everyTypeSql(5000)}`);

/** How many rows of the input differ from rows `[from, from + count)` of the table, in place or value, both ways. */
function differences(column: string, input: Input, from: number, count: number): unknown {
  const expected = `SELECT row_number() OVER () AS i, "${column}" AS v FROM (FROM every_type LIMIT ${count} OFFSET ${from})`;
  const actual = 'SELECT row_number() OVER () AS i, v FROM given';
  const sql = `SELECT (SELECT count(*) FROM (${expected} EXCEPT ALL ${actual})) + (SELECT count(*) FROM (${actual} EXCEPT ALL ${expected})) AS n,
    (SELECT count(*) FROM given) AS rows, (SELECT typeof(v) FROM given LIMIT 1) = (SELECT typeof("${column}") FROM every_type LIMIT 1) AS same_type`;
  return firstRow(sql, { given: input });
}

for (const column of Object.keys(everyType)) {
  test(`${column} goes out and in`, () => {
    const input = inputOf(`SELECT "${column}" AS v FROM every_type`);
    assert.deepEqual(differences(column, input, 0, 5000), { n: 0, rows: 5000, same_type: true });
  });
}

test('the least and greatest values of every type, and geometry in lists, go out and in', () => {
  const list =
    "SELECT list_transform(range(20), lambda x: ('POINT(' || (x / 3)::VARCHAR || ' 1)')::GEOMETRY) AS v FROM range(3000)";
  const extremes = connection
    .describe('FROM test_all_types()')
    .map(({ name }) => `SELECT "${name}" AS v FROM test_all_types()`);
  for (const sql of [list, ...extremes]) {
    const given = inputOf(sql);
    connection.execute('CREATE OR REPLACE TABLE back AS FROM given', { inputs: { given } });
    const [row] = connection.rows(`SELECT count(*) AS n FROM ((${sql}) EXCEPT ALL FROM back)`);
    assert.deepEqual(row, { n: 0 }, sql);
    assert.deepEqual(connection.describe('FROM back'), connection.describe(sql));
  }
});

test('an interval that Arrow cannot hold is refused, not wrapped round', () => {
  assert.equal(inputOf("SELECT INTERVAL '-2562046 hours' AS v").batches.length, 1);
  assert.throws(() => inputOf("SELECT INTERVAL '3000000 hours' AS v"), {
    code: 'QUERY_FAILED',
    message: /no interval/,
  });
});

test('batches that were slices of batches, of record batches, or of one row each', () => {
  const input = inputOf('FROM every_type');
  const [batch] = input.batches as [Batch];
  const layouts = layoutsOf(input.schema.fields);
  for (const column of Object.keys(everyType)) {
    const index = input.schema.fields.findIndex(({ name }) => name === column);
    const schema = new Schema([
      new Field('v', input.schema.fields[index]?.type, true, input.schema.fields[index]?.metadata),
    ]);
    const one = fromRecordBatch(toRecordBatch(input.schema, batch).selectAt([index]));
    const layout = [layouts[index] as (typeof layouts)[number]];
    const ways: readonly (readonly [from: number, batches: readonly Batch[]])[] = [
      [13, [sliceBatch(layout, one, 13, 4001)]],
      [13, [fromRecordBatch(toRecordBatch(schema, one).slice(13, 4014))]],
      [7, Array.from({ length: 50 }, (_, i) => sliceBatch(layout, one, 7 + i, 1))],
      [
        0,
        [
          sliceBatch(layout, one, 0, 0),
          sliceBatch(layout, one, 0, 9),
          sliceBatch(layout, one, 9, 0),
          sliceBatch(layout, one, 9, 2100),
        ],
      ],
    ];
    for (const [from, batches] of ways) {
      const rows = batches.reduce((sum, { rows }) => sum + rows, 0);
      const given = { schema, open: () => batches[Symbol.iterator]() };
      assert.deepEqual(
        differences(column, given, from, rows),
        { n: 0, rows, same_type: true },
        `${column} from ${from}`,
      );
    }
  }
});

test('a null at every bit position', () => {
  for (const type of ['INTEGER', 'BOOLEAN', 'VARCHAR', 'INTEGER[]', 'STRUCT(a INTEGER)', 'DECIMAL(9,2)']) {
    const value = type === 'STRUCT(a INTEGER)' ? "{'a': 1}" : type === 'INTEGER[]' ? '[1]' : '1';
    const input = inputOf(
      `SELECT row, if(row = gap, NULL, ${value}::${type}) AS v, gap FROM range(65) g(gap), range(65) t(row)`,
    );
    const row = firstRow(
      'SELECT count(*) AS n, count(v) AS v, count(*) FILTER ((v IS NULL) != (row = gap)) AS wrong FROM given',
      {
        given: input,
      },
    );
    assert.deepEqual(row, { n: 65 * 65, v: 65 * 64, wrong: 0 }, type);
  }
});

test('only wanted columns are looked at; rows can be counted without any', () => {
  const input = inputOf('SELECT i AS a, i * 2 AS b, i::VARCHAR AS c FROM range(10000) t(i)');
  const broken = input.batches.map((batch) => ({
    ...batch,
    buffers: batch.buffers.map((b, i) => (i === 6 ? new Uint8Array() : b)),
  }));
  const given = { ...input, open: () => broken[Symbol.iterator]() };
  assert.deepEqual(firstRow('SELECT sum(b)::BIGINT AS s FROM given', { given }), { s: 99_990_000 });
  assert.deepEqual(firstRow('SELECT count(*) AS n FROM given', { given }), { n: 10_000 });
  assert.deepEqual(firstRow('SELECT max(b) AS b, max(a) AS a FROM given WHERE a % 2 = 0', { given }), {
    b: 19_996,
    a: 9998,
  });
  assert.throws(() => firstRow('SELECT max(c) AS c FROM given', { given }), { code: 'FILE_CORRUPT' });
});

test('an input may be read twice in one query, each time from the beginning', () => {
  let opened = 0;
  const input = inputOf('SELECT i FROM range(5000) t(i)', 2048);
  const given = {
    schema: input.schema,
    open() {
      opened++;
      return input.open();
    },
  };
  assert.deepEqual(firstRow('SELECT count(*) AS n FROM given a JOIN given b USING (i)', { given }), { n: 5000 });
  assert.equal(opened, 2);
  assert.throws(
    () =>
      firstRow('SELECT count(*) AS n FROM given a JOIN given b USING (i)', {
        given: onceInput(input.schema, input.batches),
      }),
    {
      code: 'NOT_SUPPORTED',
      message: /twice/,
    },
  );
});

test('what an input throws comes out of the query as it is', () => {
  const input = inputOf('SELECT i FROM range(5000) t(i)', 2048);
  const mine = new SheafError('FETCH_FAILED', 'the other side is gone', { details: { worker: 'w1' } });
  const given: Input = {
    schema: input.schema,
    *open() {
      yield* input.batches;
      throw mine;
    },
  };
  using query = connection.query('SELECT sum(i) AS s FROM given', { inputs: { given } });
  for (let run = 0; run < 2; run++) {
    assert.throws(
      () => [...query],
      (error) => error === mine,
    );
  }
  assert.throws(
    () => connection.execute('CREATE TABLE never AS FROM given', { inputs: { again: input, given } }),
    (error) => error === mine || (error as SheafError).code === 'INTERNAL',
  );
  assert.throws(() => connection.rows('FROM never'), { code: 'TABLE_UNKNOWN' });
});

test('a reading that is left early is closed', () => {
  const input = inputOf('SELECT i FROM range(100000) t(i)', 2048);
  let closed = 0;
  const given: Input = {
    schema: input.schema,
    *open() {
      try {
        yield* input.batches;
      } finally {
        closed++;
      }
    },
  };
  using query = connection.query('SELECT i FROM given LIMIT 3', { inputs: { given } });
  assert.equal([...query][0]?.rows, 3);
  assert.equal(closed, 1);
  assert.equal(bytesHeld(), 0);
});

test('queries nest: an input may be a query whose input is a query', () => {
  using third = Connection.open(database.address);
  using numbers = third.query('SELECT i, i::VARCHAR AS s FROM range(50000) t(i)', { batchRowsMax: 4096 });
  using even = other.query('SELECT * FROM numbers WHERE i % 2 = 0', { inputs: { numbers: streamed(numbers) } });
  using sums = connection.query('SELECT count(*) AS n, sum(i)::BIGINT AS s, max(s) AS m FROM even', {
    inputs: { even: streamed(even) },
  });
  for (let run = 0; run < 2; run++) {
    const [batch] = [...sums] as [Batch];
    assert.deepEqual(toRecordBatch(sums.schema, batch).get(0)?.toJSON(), { n: 25_000n, s: 624_975_000n, m: '9998' });
  }
  assert.equal(bytesHeld(), 0);
});

const streamed = (query: Query): Input => ({ schema: query.schema, open: () => query[Symbol.iterator]() });

test('strings of JavaScript arrays come in, dictionaries too', () => {
  const table = tableFromArrays({ n: Int32Array.from([1, 2, 3]), s: ['a', 'bb', 'a'] });
  const [recordBatch] = table.batches;
  assert.ok(recordBatch);
  const given: Input = {
    schema: flatSchema(table.schema),
    open: () => [fromRecordBatch(recordBatch)][Symbol.iterator](),
  };
  assert.deepEqual(firstRow("SELECT string_agg(s || n, ',' ORDER BY n) AS s FROM given", { given }), {
    s: 'a1,bb2,a3',
  });
});

test('DuckDB holds no more than it may', () => {
  const input = inputOf('SELECT i FROM range(100000) t(i)', 4096);
  const sum = (inputHeldBytesMax: number): number =>
    connection.execute('CREATE OR REPLACE TEMP TABLE held AS SELECT sum(i) AS s FROM given', {
      inputs: { given: input },
      inputHeldBytesMax,
    });
  sum(3 * 32_768);
  assert.throws(() => sum(40_000), { code: 'OUT_OF_MEMORY', retryable: true });
  assert.equal(bytesHeld(), 0);
});

test('an input without rows, one without columns, one of a type that has no plain form', () => {
  const schema = new Schema([new Field('a', new Int64(), true)]);
  assert.deepEqual(
    firstRow('SELECT count(*) AS n, max(a) AS a FROM given', { given: { schema, open: () => [][Symbol.iterator]() } }),
    { n: 0, a: null },
  );
  const none = { schema: new Schema([]), open: () => [][Symbol.iterator]() };
  assert.throws(() => connection.query('SELECT 1 AS a', { inputs: { none } }), {
    code: 'INTERNAL',
    message: /has columns/,
  });
  const dictionary = vectorFromArray(['a']).type;
  const typed = { schema: new Schema([new Field('d', dictionary)]), open: () => [][Symbol.iterator]() };
  assert.throws(() => connection.query('FROM typed', { inputs: { typed } }), { code: 'NOT_SUPPORTED' });
});

test('names are identifiers, whatever they hold', () => {
  const input = inputOf('SELECT 1 AS "a "" b", 2 AS "select", 3 AS "é"');
  const name = 'x"; DROP TABLE every_type; --';
  const row = firstRow(`SELECT "a "" b" + "select" + "é" AS s FROM "${name.replaceAll('"', '""')}"`, { [name]: input });
  assert.deepEqual(row, { s: 6 });
});
