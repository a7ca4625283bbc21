import assert from 'node:assert/strict';
import type { Schema } from '../../shared/schema.ts';

type Row = Readonly<Record<string, unknown>>;

/** Doubles may differ so much, relatively: sums in another order differ in their last bits. */
const tolerance = 1e-9;

/** Rows to compare. */
export interface Answers {
  readonly actual: readonly Row[];
  readonly expected: readonly Row[];
  readonly schema: Schema;
  /** In the same order, too. */
  readonly ordered: boolean;
}

/** Asserts that both hold the same rows, each as often; doubles within 1e-9. */
export function assertSameRows({ actual, expected, schema, ordered }: Answers, what: string): void {
  assert.equal(actual.length, expected.length, `${what}: number of rows`);
  const [a, b] = ordered ? [actual, expected] : [sorted(actual, schema), sorted(expected, schema)];
  for (const [i, row] of a.entries()) {
    assert.ok(same(row, b[i]), `${what}: row ${i} is ${text(row)} where DuckDB has ${text(b[i])}`);
  }
}

const sorted = (rows: readonly Row[], schema: Schema): Row[] =>
  rows
    .map((row) => ({ row, key: rough(row, schema) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ row }) => row);

/** Exact columns first: rounded doubles only order what is equal besides them. */
function rough(row: Row, schema: Schema): string {
  const isReal = (type: string): boolean => /DOUBLE|FLOAT/.test(type);
  const exact = schema.filter(({ type }) => !isReal(type)).map(({ name }) => row[name]);
  const real = schema.filter(({ type }) => isReal(type)).map(({ name }) => row[name]);
  return text([exact, real.map((value) => (typeof value === 'number' ? value.toPrecision(6) : value))]);
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
