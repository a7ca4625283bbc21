import assert from 'node:assert/strict';

type Row = Readonly<Record<string, unknown>>;

/** Doubles may differ so much, relatively: sums in another order differ in their last bits. */
const tolerance = 1e-9;

/** Asserts that both hold the same rows, each as often; doubles within 1e-9. In the same order if asked. */
export function assertSameRows(actual: readonly Row[], expected: readonly Row[], ordered: boolean, what: string): void {
  assert.equal(actual.length, expected.length, `${what}: number of rows`);
  const [a, b] = ordered ? [actual, expected] : [sorted(actual), sorted(expected)];
  for (const [i, row] of a.entries()) {
    assert.ok(same(row, b[i]), `${what}: row ${i} is ${text(row)} where DuckDB has ${text(b[i])}`);
  }
}

const sorted = (rows: readonly Row[]): Row[] =>
  rows
    .map((row) => ({ row, key: rough(row) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ row }) => row);

/** Columns of other values first: rounded doubles only order what is equal besides them. */
const rough = (row: Row): string => {
  const values = Object.values(row);
  const isReal = (value: unknown): boolean => typeof value === 'number' && !Number.isInteger(value);
  return text([
    values.map((value) => (isReal(value) ? '' : value)),
    values.filter(isReal).map((value) => Number(value).toPrecision(6)),
  ]);
};

function same(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));
  }
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return Object.is(a, b);
  const keys = Object.keys(a);
  const values = (object: object, key: string): unknown => (object as Record<string, unknown>)[key];
  return keys.length === Object.keys(b).length && keys.every((key) => same(values(a, key), values(b, key)));
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? 'nothing';
