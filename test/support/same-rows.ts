import assert from 'node:assert/strict';

type Row = Readonly<Record<string, unknown>>;

/** Doubles may differ so much, relatively: sums in another order differ in their last bits. */
const tolerance = 1e-9;

/** Whether the last thing that a query says is its order: then its rows are compared in it. */
export const isOrdered = (sql: string): boolean => /order by [^()]*$/.test(sql);

/** Asserts that both hold the same rows, each as often; doubles within 1e-9. In the same order if asked. */
export function assertSameRows(actual: readonly Row[], expected: readonly Row[], ordered: boolean, what: string): void {
  assert.equal(actual.length, expected.length, `${what}: number of rows`);
  const real = realColumns([...actual, ...expected]);
  const [a, b] = ordered ? [actual, expected] : [sorted(actual, real), sorted(expected, real)];
  for (const [i, row] of a.entries()) {
    assert.ok(same(row, b[i]), `${what}: row ${i} is ${text(row)} where DuckDB has ${text(b[i])}`);
  }
}

/** Columns of doubles, as far as values show it. */
function realColumns(rows: readonly Row[]): ReadonlySet<string> {
  const isReal = (value: unknown): boolean => typeof value === 'number' && !Number.isSafeInteger(value);
  return new Set(rows.flatMap((row) => Object.keys(row).filter((name) => isReal(row[name]))));
}

const sorted = (rows: readonly Row[], real: ReadonlySet<string>): Row[] =>
  rows
    .map((row) => ({ row, key: rough(row, real) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ row }) => row);

/** Exact columns first: rounded doubles only order what is equal besides them. */
function rough(row: Row, real: ReadonlySet<string>): string {
  const rounded = (value: unknown): unknown => (typeof value === 'number' ? value.toPrecision(6) : value);
  const names = Object.keys(row);
  const exact = names.filter((name) => !real.has(name)).map((name) => row[name]);
  return text([exact, names.filter((name) => real.has(name)).map((name) => rounded(row[name]))]);
}

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
