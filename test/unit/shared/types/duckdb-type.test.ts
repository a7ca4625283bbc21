import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  Bool,
  DateDay,
  Decimal,
  Dictionary,
  Field,
  Float16,
  Float64,
  Int8,
  Int32,
  List,
  Null,
  Struct,
  TimestampMicrosecond,
  Uint64,
  Utf8,
} from 'apache-arrow';
import { Connection } from '../../../../shared/duckdb/connection.ts';
import { Database } from '../../../../shared/duckdb/database.ts';
import { duckdbType } from '../../../../shared/types/duckdb-type.ts';

const database = Database.open({ memoryLimitBytes: 2 ** 28, tempDirectory: join(tmpdir(), `sheaf-${process.pid}`) });
const connection = Connection.open(database.address);
after(() => {
  connection[Symbol.dispose]();
  database[Symbol.dispose]();
});

test('Arrow types have their names in DuckDB', () => {
  const fields = [new Field('x y', new Int8()), new Field('z', new Utf8())];
  const types = [
    [new Bool(), 'BOOLEAN'],
    [new Uint64(), 'UBIGINT'],
    [new Float64(), 'DOUBLE'],
    [new Decimal(3, 18, 128), 'DECIMAL(18,3)'],
    [new DateDay(), 'DATE'],
    [new TimestampMicrosecond(), 'TIMESTAMP'],
    [new TimestampMicrosecond('Europe/Vienna'), 'TIMESTAMP WITH TIME ZONE'],
    [new List(new Field('item', new Int32())), 'INTEGER[]'],
    [new Struct(fields), 'STRUCT("x y" TINYINT, "z" VARCHAR)'],
    [new Dictionary(new Utf8(), new Int32()), 'VARCHAR'],
  ] as const;
  for (const [type, text] of types) {
    assert.equal(duckdbType(new Field('c', type)), text);
    connection.describe(`SELECT NULL::${text} AS c`);
  }
});

test('types that Arrow has not are known by what DuckDB writes beside them, also in others', () => {
  const types = ['HUGEINT', 'UHUGEINT', 'UUID', 'BIT', 'TIME WITH TIME ZONE', 'JSON', 'BIGNUM', "ENUM('a')"];
  const all = [...types, 'MAP(VARCHAR, HUGEINT)', 'UUID[]', 'STRUCT("h" HUGEINT)', 'BLOB', 'VARCHAR'];
  using query = connection.query(`SELECT ${all.map((type, i) => `NULL::${type} AS c${i}`).join(', ')}`);
  assert.deepEqual(
    query.schema.fields.map((field) => duckdbType(field)),
    all,
  );
});

test('a type that DuckDB cannot read is refused by the name of its column, also inside of others', () => {
  const half = new Field('half', new Float16());
  for (const field of [half, new Field('halves', new List(half))]) {
    assert.throws(() => duckdbType(field), { code: 'NOT_SUPPORTED', message: /"half"/ });
  }
});

test('a column of nothing but nulls is called as the caller wishes, also inside of others', () => {
  const nulls = new Field('n', new List(new Field('item', new Null())));
  assert.deepEqual([duckdbType(nulls), duckdbType(nulls, 'INTEGER')], ['"NULL"[]', 'INTEGER[]']);
});
