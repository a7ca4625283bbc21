import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Field } from 'apache-arrow';
import type { Batch } from '../../../../shared/arrow/batch.ts';
import { Connection } from '../../../../shared/duckdb/connection.ts';
import { Database } from '../../../../shared/duckdb/database.ts';
import { type ColumnView, isNull, viewsOfBatch } from '../../../../shared/types/column-view.ts';
import { createRowBuilder } from '../../../../shared/types/row-builder.ts';
import { createRowReader } from '../../../../shared/types/row-reader.ts';
import { everyType, everyTypeSql } from '../duckdb/every-type.ts';

const database = Database.open({ memoryLimitBytes: 2 ** 28, tempDirectory: join(tmpdir(), `sheaf-${process.pid}`) });
const connection = Connection.open(database.address);
after(() => {
  connection[Symbol.dispose]();
  database[Symbol.dispose]();
});

const limits = { batchRowsMax: 65_536, batchBytesMax: 2 ** 22 };
const withoutValue = new Set(['bignum', 'union']);
const names = Object.keys(everyType).filter((name) => !withoutValue.has(name));

type Row = Readonly<Record<string, unknown>>;

function rowsOf(batch: Batch, fields: readonly Field[]): Row[] {
  const reader = createRowReader(fields);
  reader.bind(batch);
  return Array.from({ length: batch.rows }, (_, i) => reader.row(i));
}

/** A value as DuckDB prints it, for types that have a JavaScript value of their own. */
const texts: Readonly<Record<string, readonly [sql: string, text: (value: never) => string]>> = {
  float: ['x::DOUBLE', (value: number) => String(value)],
  double: ['x', (value: number) => String(value)],
  date: ['epoch_ms(x::TIMESTAMP)', (value: Date) => String(value.getTime())],
  timestamp: ['epoch_ms(x)', (value: Date) => String(value.getTime())],
  timestamp_s: ['epoch_ms(x::TIMESTAMP)', (value: Date) => String(value.getTime())],
  timestamp_ms: ['epoch_ms(x::TIMESTAMP)', (value: Date) => String(value.getTime())],
  timestamp_ns: ['epoch_ns(x) // 1000000', (value: Date) => String(value.getTime())],
  timestamptz: ['epoch_ms(x)', (value: Date) => String(value.getTime())],
  timestamp_infinite: ["'Invalid Date'", (value: Date) => String(value)],
  blob: ['hex(x)', (value: Uint8Array) => Buffer.from(value).toString('hex').toUpperCase()],
  geometry: ['hex(ST_AsWKB(x))', (value: Uint8Array) => Buffer.from(value).toString('hex').toUpperCase()],
};

const scalars = names.filter((name) => !/^(list|array|struct|map|null_only|geometry)/.test(name));

for (const name of scalars) {
  test(`a value of ${name} reads as DuckDB prints it`, () => {
    const [sql, text] = texts[name] ?? ['x', String];
    using query = connection.query(`SELECT x, (${sql})::VARCHAR AS t FROM (${everyTypeSql(500, 0, [name])}) AS e(x)`);
    for (const batch of query) {
      for (const { x, t } of rowsOf(batch, query.schema.fields)) {
        const expected =
          name === 'double' || name === 'float'
            ? t && String(Number(String(t).replace('inf', 'Inf').replace(/Inf$/, 'Infinity')))
            : t;
        assert.equal(x === null ? null : text(x as never), x === null ? null : expected);
      }
    }
  });
}

test('nested values read as arrays, objects and maps', () => {
  using query = connection.query(`
    SELECT [1, NULL, 3]::INTEGER[] AS l, [[1.5], []]::DOUBLE[][] AS ll, [1, 2]::TINYINT[2] AS a,
      {'x': 1::BIGINT, 'y': {'z': 'é'}} AS s, MAP {'k': [true, NULL]} AS m, NULL::INTEGER[] AS n, []::VARCHAR[] AS e`);
  const [batch] = query;
  assert.deepEqual(batch && rowsOf(batch, query.schema.fields), [
    {
      l: [1, null, 3],
      ll: [[1.5], []],
      a: [1, 2],
      s: { x: 1n, y: { z: 'é' } },
      m: new Map([['k', [true, null]]]),
      n: null,
      e: [],
    },
  ]);
});

/** The bytes of rows that have a value, so that what lies under nulls does not count. */
function meaning(view: ColumnView, fixedBytes: number): unknown[] {
  return Array.from({ length: view.length }, (_, row) =>
    isNull(view, row)
      ? null
      : Buffer.from(view.values.subarray(row * fixedBytes, (row + 1) * fixedBytes)).toString('hex'),
  );
}

for (const name of names) {
  test(`rows of ${name} are built as they were read`, () => {
    using query = connection.query(everyTypeSql(3000, 0, [name]));
    const { fields } = query.schema;
    for (const batch of query) {
      const rows = rowsOf(batch, fields);
      const builder = createRowBuilder(query.columns, fields, limits);
      for (const row of rows) builder.append({ ...row });
      const [built] = builder.take(true);
      assert.ok(built);
      assert.equal(built.rows, batch.rows);
      assert.deepEqual(rowsOf(built, fields), rows);
      assert.deepEqual(built.nodes, batch.nodes);
      const [before, after] = [viewsOfBatch(batch, fields)[0], viewsOfBatch(built, fields)[0]];
      const width = (batch.buffers[1]?.byteLength ?? 0) / batch.rows;
      if (batch.buffers.length === 2 && Number.isInteger(width) && before && after) {
        assert.deepEqual(meaning(after, width), meaning(before, width));
      }
    }
  });
}

test('rows of all types at once, cut into batches', () => {
  using query = connection.query(everyTypeSql(5000, 0, names));
  const builder = createRowBuilder(query.columns, query.schema.fields, { batchRowsMax: 700, batchBytesMax: 2 ** 30 });
  const rows = [...query].flatMap((batch) => rowsOf(batch, query.schema.fields));
  for (const row of rows) builder.append(row);
  const built = builder.take(true);
  assert.deepEqual(
    built.map((batch) => batch.rows),
    [700, 700, 700, 700, 700, 700, 700, 100],
  );
  assert.deepEqual(
    built.flatMap((batch) => rowsOf(batch, query.schema.fields)),
    rows,
  );
});

test('batches end at their bytes too', () => {
  using query = connection.query("SELECT 'x' AS t");
  const builder = createRowBuilder(query.columns, query.schema.fields, {
    batchRowsMax: 65_536,
    batchBytesMax: 100_000,
  });
  for (let i = 0; i < 2000; i++) builder.append({ t: 'y'.repeat(1000) });
  const sizes = builder.take(true).map(({ rows }) => rows);
  assert.ok(Math.max(...sizes) <= 512, String(sizes));
});

/** Type → values that are refused, values that are taken and what they read back as. */
const checks: readonly (readonly [string, readonly unknown[], readonly (readonly [unknown, unknown])[]])[] = [
  [
    'tinyint',
    [128, -129, 1.5, '1', true, Number.NaN, 200n],
    [
      [-128, -128],
      [undefined, null],
      [5n, 5],
    ],
  ],
  ['uinteger', [-1, 2 ** 32], [[2 ** 32 - 1, 2 ** 32 - 1]]],
  [
    'bigint',
    [2n ** 63n, 1.5, 2 ** 60, '1'],
    [
      [2n ** 63n - 1n, 2n ** 63n - 1n],
      [7, 7n],
    ],
  ],
  [
    'hugeint',
    [2n ** 127n, 0.5],
    [
      [-(2n ** 127n), -(2n ** 127n)],
      [3, 3n],
    ],
  ],
  [
    'double',
    ['1', 2n ** 60n + 1n, true],
    [
      [Number.NaN, Number.NaN],
      [-0, -0],
      [4n, 4],
    ],
  ],
  ['boolean', [0, 'true'], [[true, true]]],
  [
    'decimal(4,1)',
    ['abc', '12345', 1000, Number.NaN, true],
    [
      ['1.25', '1.3'],
      ['-1.25', '-1.3'],
      [1.5, '1.5'],
      [7n, '7.0'],
      ['1e2', '100.0'],
    ],
  ],
  [
    'varchar',
    [1, {}, []],
    [
      ['\ud800x', '\ufffdx'],
      ['é'.repeat(50), 'é'.repeat(50)],
      ['', ''],
    ],
  ],
  ['blob', ['x', [1]], [[Buffer.from('ab'), new Uint8Array([97, 98])]]],
  ['date', ['2020-01-01', new Date(Number.NaN), 1], [[new Date('2020-01-01T23:00Z'), new Date('2020-01-01')]]],
  ['timestamp', [1n, '2020-01-01'], [[new Date(-1), new Date(-1)]]],
  [
    'time',
    ['25:00:00', 'x', 1],
    [
      ['12:34', '12:34:00'],
      ['24:00:00', '24:00:00'],
      ['01:02:03.5', '01:02:03.5'],
    ],
  ],
  ['uuid', ['x', ''], [['00000000-0000-0000-0000-00000000000F', '00000000-0000-0000-0000-00000000000f']]],
  [
    'interval',
    ['x', ''],
    [
      ['2 hours 30 minutes', '02:30:00'],
      ['-1 month -3 days', '-1 months -3 days'],
      ['00:00:00', '00:00:00'],
    ],
  ],
  ['bit', ['', '2'], [['101', '101']]],
  [
    'integer[]',
    ['12', { 0: 1 }, ['x']],
    [
      [new Set([1, 2]), [1, 2]],
      [Int8Array.of(3), [3]],
    ],
  ],
  [
    'integer[2]',
    [[1], [1, 2, 3]],
    [
      [
        [1, null],
        [1, null],
      ],
    ],
  ],
  ['struct(a integer)', [{}, { a: 1, b: 2 }, [1], 'a'], [[{ a: undefined }, { a: null }]]],
  ['map(varchar, integer)', [{ a: 1 }, [['a', 1]]], [[new Map([['a', 1]]), new Map([['a', 1]])]]],
];

for (const [type, refused, taken] of checks) {
  test(`what a column of ${type} takes`, () => {
    using query = connection.query(`SELECT NULL::${type} AS c`);
    const { fields } = query.schema;
    for (const value of refused) {
      const builder = createRowBuilder(query.columns, fields, limits);
      assert.throws(() => builder.append({ c: value }), { name: 'Error', expected: /./ }, `${String(value)} was taken`);
    }
    const builder = createRowBuilder(query.columns, fields, limits);
    for (const [value] of taken) builder.append({ c: value });
    const [batch] = builder.take(true);
    assert.deepEqual(
      batch && rowsOf(batch, fields).map(({ c }) => c),
      taken.map(([, expected]) => expected),
    );
  });
}

test('rows must have exactly the columns of the schema', () => {
  using query = connection.query('SELECT 1 AS a, 2 AS b');
  const { fields } = query.schema;
  const append = (row: unknown) => () => createRowBuilder(query.columns, fields, limits).append(row);
  assert.throws(append({ a: 1 }), { column: 'b' });
  assert.throws(append({ a: 1, b: 1, c: 1 }), { column: 'c', expected: /a, b/ });
  assert.throws(append([1, 2]), { column: '' });
  assert.throws(append(7), { column: '' });
  assert.throws(append(Promise.resolve()), { expected: /not a promise/ });
  assert.doesNotThrow(
    append(
      new (class {
        get a() {
          return 1;
        }
        get b() {
          return 2;
        }
      })(),
    ),
  );
});

test('a column named __proto__ is a column', () => {
  using query = connection.query('SELECT 5 AS "__proto__", 6 AS "a \\ b"');
  const [batch] = query;
  assert.ok(batch);
  const [row] = rowsOf(batch, query.schema.fields);
  assert.deepEqual(Object.values(row ?? {}), [5, 6]);
});

test('types without a JavaScript value are refused by name', () => {
  using query = connection.query('SELECT 1::UNION(n INTEGER, s VARCHAR) AS u');
  assert.throws(() => createRowReader(query.schema.fields), { code: 'NOT_SUPPORTED', message: /Column u/ });
});
