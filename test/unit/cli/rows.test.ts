import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type DataType,
  Field,
  Int32,
  type RecordBatch,
  Struct,
  Table,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { jsonValue } from '../../../cli/output/json-value.ts';
import { csvLines, jsonLines } from '../../../cli/output/rows.ts';
import { formatValue } from '../../../client/format/value.ts';

const text = (values: (string | null)[]) => vectorFromArray(values, new Utf8());
const column = (values: BigInt64Array | Float64Array): Vector => vectorFromArray(values);
const sample = new Table<Record<string, DataType>>({
  name: text(['plain', 'a "quoted", value', null, '']),
  count: column(BigInt64Array.of(1n, 2n ** 60n, -3n, 0n)),
  share: column(Float64Array.of(0.5, Number.NaN, 1e21, -0.1)),
});

async function* batchesOf(table: Table): AsyncGenerator<RecordBatch> {
  yield* table.batches;
}

async function joined(lines: AsyncIterable<string>): Promise<string> {
  return (await Array.fromAsync(lines)).join('');
}

test('CSV quotes what it must, and keeps a null apart from an empty text', async () => {
  assert.equal(
    await joined(csvLines(batchesOf(sample), formatValue)),
    'name,count,share\nplain,1,0.5\n"a ""quoted"", value",1152921504606846976,nan\n,-3,1e+21\n"",0,-0.1\n',
  );
});

test('JSON is one document that keeps every digit', async () => {
  const json = await joined(jsonLines(batchesOf(sample), jsonValue));
  assert.deepEqual(JSON.parse(json).length, 4);
  assert.match(json, /"count": 1152921504606846976, "share": "nan"\}/);
  assert.equal(json.split('\n')[3], '  {"name": null, "count": -3, "share": 1e+21},');
});

test('a struct whose fields have no names is a list', () => {
  const child = (name: string, type: DataType) => new Field(name, type);
  const pair = child('pair', new Struct([child('', new Int32()), child('', new Utf8())]));
  assert.equal(jsonValue([1, 'a "b"'], pair), '[1, "a \\"b\\""]');
  assert.equal(formatValue([1, 'a'], pair), '(1, a)');
});

test('no rows are an empty JSON array', async () => {
  assert.equal(await joined(jsonLines(batchesOf(sample.slice(0, 0)), jsonValue)), '[]\n');
});
