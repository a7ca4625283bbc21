import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ColumnChunk, parquetRanges, type Range, readsOf } from '../../../../connectors/s3/ranges.ts';

const range = fc.tuple(fc.nat(10_000), fc.nat(500)).map(([from, length]): Range => ({ from, to: from + length }));

test('reads cover every byte that is asked for, in order, without overlap, each as small as it must be', () => {
  fc.assert(
    fc.property(fc.array(range), fc.nat(200), fc.integer({ min: 1, max: 300 }), (ranges, gap, most) => {
      const reads = readsOf(ranges, gap, most);
      for (const { from, to } of ranges)
        for (let byte = from; byte < to; byte += 37)
          assert.ok(reads.some((read) => read.from <= byte && byte < read.to));
      for (const [i, { from, to }] of reads.entries()) {
        assert.ok(to > from && to - from <= most);
        assert.ok(i === 0 || from >= (reads[i - 1]?.to ?? 0));
        assert.ok(ranges.some((each) => each.from - gap < to && each.to + gap > from));
      }
    }),
  );
});

const chunk = (rowGroup: number, path: string, dataOffset: number, more: Partial<ColumnChunk> = {}): ColumnChunk => ({
  rowGroup,
  rows: 100,
  path,
  dataOffset,
  dictionaryOffset: null,
  indexOffset: null,
  compressedBytes: 1000,
  bloomOffset: null,
  bloomBytes: null,
  ...more,
});
const chunks = [
  chunk(0, 'id', 10_000),
  chunk(0, 's, a', 20_000),
  chunk(0, 's, b, list, element', 30_000),
  chunk(1, 'id', 40_000, { dictionaryOffset: 39_000, bloomOffset: 90_000, bloomBytes: 50 }),
  chunk(1, 's, a', 50_000),
  chunk(1, 's, b, list, element', 60_000, { bloomOffset: 95_000 }),
];
const starts = (
  columns: readonly string[],
  firstRow: number,
  rows: number,
  optional: readonly string[] = [],
): number[] => parquetRanges(chunks, columns, { firstRow, rows }, new Set(optional), 100_000).map(({ from }) => from);

test('column chunks of the row groups and columns that are read, and their Bloom filters', () => {
  assert.deepEqual(starts(['ID'], 0, 100), [10_000, 90_000]);
  assert.deepEqual(starts(['id'], 100, 100), [39_000, 90_000]);
  assert.deepEqual(starts(['id'], 99, 2), [10_000, 39_000, 90_000]);
  assert.deepEqual(starts(['s'], 0, 100), [20_000, 30_000, 95_000]);
  assert.deepEqual(starts(['day', 'id'], 0, 100, ['day']), [10_000, 90_000]);
});

test('a column that has another name in the file makes all be read', () => {
  assert.deepEqual(starts(['id_1'], 0, 100), [10_000, 20_000, 30_000, 90_000, 95_000]);
});

test('a chunk ends with the object at the latest, a filter of unknown length there', () => {
  const all = parquetRanges(
    [chunk(0, 'x', 99_500, { bloomOffset: 10 })],
    ['x'],
    { firstRow: 0, rows: 1 },
    new Set(),
    100_000,
  );
  assert.deepEqual(all, [
    { from: 99_500, to: 100_000 },
    { from: 10, to: 100_000 },
  ]);
});
