import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cutsBetween,
  type KeyedInput,
  splitsInRanges,
} from '../../../../../../coordinator/planner/rules/ranges/cuts.ts';

const file = { path: '/f.parquet', sizeBytes: 1, modifiedMs: 1 };

/** Row groups of ten rows with these bounds. */
const input = (
  bounds: readonly (readonly [number, number])[],
  bytes: (i: number) => number = () => 10,
): KeyedInput => ({
  column: { name: 'k', type: 'BIGINT' },
  pieces: bounds.map(([min, max], i) => ({
    split: { kind: 'parquet', file, firstRow: i * 10, rows: 10 },
    bytes: bytes(i),
    min: BigInt(min),
    max: BigInt(max),
  })),
});
const ordered = input(Array.from({ length: 8 }, (_, i) => [i * 10, i * 10 + 9] as const));

test('row groups in the order of a key are cut between them, into parts of equal size', () => {
  assert.deepEqual(cutsBetween([ordered], 4), [20n, 40n, 60n]);
  assert.deepEqual(cutsBetween([input([...Array(8)].map((_, i) => [-i * 10, -i * 10 + 9] as const))], 2), [-30n]);
});

test('what lies anyhow, has one value, or is too little for so many tasks is not cut', () => {
  const anyhow = input(Array.from({ length: 8 }, (_, i) => [i, 90 + i] as const));
  assert.equal(cutsBetween([anyhow], 4), undefined);
  assert.equal(cutsBetween([input(Array.from({ length: 8 }, () => [5, 5] as const))], 2), undefined);
  assert.equal(cutsBetween([ordered], 9), undefined);
  assert.equal(cutsBetween([input([])], 2), undefined);
});

test('tasks that would read very unequally much are not made', () => {
  const heavy = input(
    Array.from({ length: 8 }, (_, i) => [i * 10, i * 10 + 9] as const),
    (i) => (i === 0 ? 1000 : 10),
  );
  assert.equal(cutsBetween([heavy], 4), undefined);
});

test('two inputs are cut at the same values, by what both weigh', () => {
  const late = input([
    [50, 54],
    [55, 59],
    [60, 64],
    [65, 69],
  ]);
  const [cut = 0n] = cutsBetween([ordered, late], 2) ?? [];
  assert.equal(cut, 50n);
  assert.deepEqual(splitsInRanges(late, [cut])[0], []);
});

test('a row group that ends in the next range is read by both tasks, each its own rows', () => {
  const between = input([
    [0, 10],
    [10, 20],
    [20, 30],
    [30, 40],
  ]);
  const split = { kind: 'parquet', file, firstRow: 0, rows: 30 };
  assert.deepEqual(splitsInRanges(between, [20n]), [
    [{ ...split, range: { column: 'k', before: '20' }, rows: 20 }],
    [{ ...split, firstRow: 10, range: { column: 'k', from: '20' } }],
  ]);
  assert.deepEqual(splitsInRanges(ordered, [20n])[0], [{ ...split, rows: 20 }]);
});
