import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as arrow from 'apache-arrow';
import { textWidth } from '../../../../client/format/text.ts';
import { formatTable } from '../../../../client/index.ts';

const table = (columns: Readonly<Record<string, arrow.Vector>>): arrow.Table => new arrow.Table(columns);
const linesOf = (text: string): string[] => text.split('\n');

test('numbers stand right, text left, nulls are said', () => {
  const text = formatTable(
    table({
      origin: arrow.vectorFromArray(['BOS', null, 'JFK'], new arrow.Utf8()),
      n: arrow.vectorFromArray([1, 20, null], new arrow.Int32()),
      mean: arrow.vectorFromArray([0.1 + 0.2, -1, Number.NaN], new arrow.Float64()),
    }),
  );
  assert.equal(
    text,
    [
      '┌────────┬──────┬──────┐',
      '│ origin │    n │ mean │',
      '├────────┼──────┼──────┤',
      '│ BOS    │    1 │  0.3 │',
      '│ null   │   20 │   -1 │',
      '│ JFK    │ null │  nan │',
      '└────────┴──────┴──────┘',
    ].join('\n'),
  );
});

test('types print as DuckDB prints them', () => {
  const one = (type: arrow.DataType, data: Int32Array | Uint32Array | BigInt64Array): string => {
    const vector = arrow.makeVector(arrow.makeData({ type, data } as never) as arrow.Data);
    return (
      linesOf(formatTable(table({ v: vector })))[3]
        ?.slice(2, -2)
        .trim() ?? ''
    );
  };
  assert.equal(
    one(new arrow.Decimal(2, 18, 128), new Uint32Array([-12345 >>> 0, -1 >>> 0, -1 >>> 0, -1 >>> 0])),
    '-123.45',
  );
  assert.equal(one(new arrow.Decimal(3, 18, 128), new Uint32Array([7, 0, 0, 0])), '0.007');
  assert.equal(
    one(new arrow.TimestampMicrosecond(), new BigInt64Array([1_700_000_000_123_000n])),
    '2023-11-14 22:13:20.123',
  );
  assert.equal(one(new arrow.TimestampMicrosecond('UTC'), new BigInt64Array([0n])), '1970-01-01 00:00:00+00');
  assert.equal(one(new arrow.DateDay(), new Int32Array([19_000])), '2022-01-08');
  assert.equal(one(new arrow.TimeMicrosecond(), new BigInt64Array([3_661_000_000n])), '01:01:01');
  assert.equal(one(new arrow.Int64(), new BigInt64Array([2n ** 62n])), '4611686018427387904');
  assert.equal(
    one(new arrow.IntervalMonthDayNano(), new Int32Array([1, 2, 3_000_000_00, 0])),
    '1 month 2 days 00:00:00.3',
  );
});

test('nested values print whole', () => {
  const struct = arrow.vectorFromArray(
    [{ a: 1, b: [1, null] }],
    new arrow.Struct([
      new arrow.Field('a', new arrow.Int32()),
      new arrow.Field('b', new arrow.List(new arrow.Field('l', new arrow.Int32()))),
    ]),
  );
  assert.match(formatTable(table({ s: struct })), /│ {a: 1, b: \[1, null]} │/);
});

test('data cannot drive the terminal, nor spoil the lines', () => {
  const nasty = ['\x1b[31mred', 'two\nlines', '\u202eright', 'wide 漢字 \u{1f600}', 'x'.repeat(500), 'e\u0301'];
  const lines = linesOf(formatTable(table({ '\x1b]0;title\x07': arrow.vectorFromArray(nasty, new arrow.Utf8()) })));
  assert.equal(lines.length, nasty.length + 4);
  assert.ok(lines.every((line) => !/\p{Cc}|\u202e/u.test(line)));
  assert.deepEqual(new Set(lines.map(textWidth)), new Set([64]));
  assert.match(lines.join('\n'), /x{59}…/);
});

test('a table without rows shows its columns; rows left out are counted', () => {
  const empty = new arrow.Table(new arrow.Schema([new arrow.Field('a', new arrow.Int32())]));
  assert.equal(linesOf(formatTable(empty)).length, 4);
  const five = table({ a: arrow.vectorFromArray([1, 2, 3, 4, 5], new arrow.Int32()) });
  assert.equal(linesOf(formatTable(five, { rows: 2 })).at(-1), '2 of 5 rows');
});
