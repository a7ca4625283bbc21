import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  Bool,
  DateDay,
  Decimal,
  Dictionary,
  Field,
  Float64,
  Int8,
  Int32,
  List,
  RecordBatch,
  Struct,
  Table,
  TimestampMicrosecond,
  tableFromArrays,
  tableToIPC,
  Uint64,
  Utf8,
} from 'apache-arrow';
import { scanKey } from '../../../../coordinator/planner/source.ts';
import { duckdbType } from '../../../../coordinator/sources/arrow-types.ts';
import { resolveSources } from '../../../../coordinator/sources/resolve-sources.ts';
import { PlannerBench, scan } from '../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const resolve = (path: string) => {
  const node = scan(path, {}, 'arrow');
  return resolveSources(node, bench.tools).get(scanKey(node));
};

const batches = (): Table => {
  const [one] = tableFromArrays({ a: Int32Array.of(1, 2, 3), b: Float64Array.of(1, 2, 3) }).batches;
  const [two] = tableFromArrays({ a: Int32Array.of(4), b: Float64Array.of(5) }).batches;
  assert.ok(one && two);
  return new Table(one.schema, [one, new RecordBatch(one.schema, two.data)]);
};

for (const form of ['file', 'stream'] as const) {
  test(`an Arrow IPC ${form} is cut at its record batches`, () => {
    const path = bench.path(`${form}.arrow`);
    writeFileSync(path, tableToIPC(batches(), form));
    const source = resolve(path);
    assert.deepEqual(source?.schema, [
      { name: 'a', type: 'INTEGER' },
      { name: 'b', type: 'DOUBLE' },
    ]);
    assert.deepEqual(
      source.splits.map(({ split, rows }) => split.kind === 'arrow' && [split.firstBatch, split.batches, rows]),
      [
        [0, 1, 3],
        [1, 1, 1],
      ],
    );
  });

  test(`a cut Arrow IPC ${form} is corrupt`, () => {
    const bytes = tableToIPC(batches(), form);
    const path = bench.path(`cut-${form}.arrow`);
    writeFileSync(path, bytes);
    truncateSync(path, bytes.length - 100);
    assert.throws(() => resolve(path), { code: 'FILE_CORRUPT', message: /cut-/ });
  });
}

test('a real file of another writer is read, dictionaries as their values', () => {
  const path = fileURLToPath(
    new URL('../../../../node_modules/vega-datasets/data/flights-200k.arrow', import.meta.url),
  );
  const source = resolve(path);
  assert.equal(
    source?.splits.reduce((sum, { rows }) => sum + rows, 0),
    200_000,
  );
});

test('what is no Arrow at all is corrupt', () => {
  const path = bench.path('text.arrow');
  writeFileSync(path, 'a,b\n1,2\n');
  assert.throws(() => resolve(path), { code: 'FILE_CORRUPT' });
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
    bench.connection.describe(`SELECT NULL::${text} AS c`);
  }
});

test('types that Arrow has not are known by what DuckDB writes beside them, also in others', () => {
  const types = ['HUGEINT', 'UHUGEINT', 'UUID', 'BIT', 'TIME WITH TIME ZONE', 'JSON', 'BIGNUM', "ENUM('a')"];
  const all = [...types, 'MAP(VARCHAR, HUGEINT)', 'UUID[]', 'STRUCT("h" HUGEINT)', 'BLOB', 'VARCHAR'];
  using query = bench.connection.query(`SELECT ${all.map((type, i) => `NULL::${type} AS c${i}`).join(', ')}`);
  assert.deepEqual(query.schema.fields.map(duckdbType), all);
});
