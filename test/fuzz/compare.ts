import type { Connection } from '../../shared/duckdb/connection.ts';
import type { Schema } from '../../shared/schema.ts';
import { quotedName } from '../../shared/sql/text.ts';

/**
 * A sort key of the result: the place of its column and its direction does not matter, only that values follow alike.
 */
export interface Expectation {
  /** Places of the result's columns that ORDER BY names, in its order; empty where any order will do. */
  readonly orderedBy: readonly number[];
}

/** Doubles may differ so much, relatively: sums in another order differ in their last bits. */
const tolerance = 1e-9;
/** And so much absolutely: a variance of equal values is 0 or some 1e-13. */
const floor = 1e-9;

/** What differs between two tables, in words; undefined if they hold the same answer. */
export function difference(
  connection: Connection,
  actual: string,
  expected: string,
  { orderedBy }: Expectation,
): string | undefined {
  const [a, b] = [connection.describe(`FROM ${actual}`), connection.describe(`FROM ${expected}`)];
  const schemas = [a, b].map((schema) => schema.map(({ name, type }) => `${name} ${type}`).join(', '));
  if (schemas[0] !== schemas[1]) return `columns: (${schemas[0]}) instead of (${schemas[1]})`;
  const rows = differentRows(connection, actual, expected, a);
  return rows ?? (orderedBy.length === 0 ? undefined : differentOrder(connection, actual, expected, a, orderedBy));
}

function differentRows(connection: Connection, actual: string, expected: string, schema: Schema): string | undefined {
  const [one, other] = [oneWayOfWriting(actual, schema), oneWayOfWriting(expected, schema)];
  const [counts] =
    connection.rows(`SELECT (SELECT count(*) FROM ${actual}) AS a, (SELECT count(*) FROM ${expected}) AS b,
    (SELECT count(*) FROM ((${other}) EXCEPT ALL (${one}))) AS missing`);
  const { a = 0, b = 0, missing = 0 } = counts ?? {};
  if (a !== b) return `${a} rows instead of ${b}`;
  if (missing === 0) return undefined;
  const isReal = schema.map(({ type }) => /DOUBLE|FLOAT/.test(type));
  if (!isReal.includes(true)) return `${missing} of ${b} rows differ${samples(connection, actual, expected)}`;
  const only = (here: string, there: string): Values[] =>
    valuesOf(connection, `(${here}) EXCEPT ALL (${there})`, schema);
  const unmatched = unmatchedRows(only(one, other), only(other, one), isReal);
  return unmatched === 0 ? undefined : `${unmatched} of ${b} rows differ${samples(connection, actual, expected)}`;
}

/**
 * Of equal keys that are written in two ways, a month and 30 days, 0.0 and -0.0, any may stand for a group: in DuckDB
 * that of the row which comes first. So they are compared as one, as values and where a query has cast them to text.
 */
function oneWayOfWriting(table: string, schema: Schema): string {
  const list = schema.map(({ name, type }) => {
    const column = quotedName(name);
    if (type === 'INTERVAL') return `normalized_interval(${column}) AS ${column}`;
    return type === 'VARCHAR' ? `CASE ${column} WHEN '-0.0' THEN '0.0' ELSE ${column} END AS ${column}` : column;
  });
  return `SELECT ${list.join(', ')} FROM ${table}`;
}

/** Of the rows that one has and the other has not, the first. */
function samples(connection: Connection, actual: string, expected: string): string {
  const first = (sql: string): string =>
    JSON.stringify(connection.rows(`${sql} ORDER BY ALL LIMIT 2`), bigText).slice(0, 600);
  return `: ${first(`FROM ${actual} EXCEPT ALL FROM ${expected}`)} instead of ${first(`FROM ${expected} EXCEPT ALL FROM ${actual}`)}`;
}

const bigText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

type Values = readonly unknown[];

const valuesOf = (connection: Connection, sql: string, schema: Schema): Values[] =>
  connection.rows(sql).map((row) => schema.map(({ name }) => row[name]));

/** Rows are matched by their exact columns, then each to one whose doubles are close. */
function unmatchedRows(actual: readonly Values[], expected: readonly Values[], isReal: readonly boolean[]): number {
  const groups = new Map<string, Values[]>();
  const keyOf = (row: Values): string =>
    JSON.stringify(
      row.filter((_, i) => !isReal[i]),
      bigText,
    );
  for (const row of actual) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  let unmatched = 0;
  for (const row of expected) {
    const group = groups.get(keyOf(row)) ?? [];
    const at = group.findIndex((other) => close(other, row));
    if (at < 0) unmatched += 1;
    else group.splice(at, 1);
  }
  return unmatched;
}

function close(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number')
    return a === b || Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b)) + floor;
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return Object.is(a, b);
  const [left, right] = [Object.entries(a), Object.entries(b)];
  return (
    left.length === right.length &&
    left.every(([key, value], i) => key === right[i]?.[0] && close(value, right[i]?.[1]))
  );
}

/** Rows that are equal in all keys may stand in any order: only the keys are compared, row by row. */
function differentOrder(
  connection: Connection,
  actual: string,
  expected: string,
  schema: Schema,
  orderedBy: readonly number[],
): string | undefined {
  const keys = orderedBy.flatMap((at) => schema.slice(at, at + 1));
  const list = keys.map(({ name }) => quotedName(name)).join(', ');
  const [a, b] = [actual, expected].map((table) => valuesOf(connection, `SELECT ${list} FROM ${table}`, keys));
  const at = a?.findIndex((row, i) => !equalKeys(connection, keys, row, b?.[i] ?? [])) ?? -1;
  if (at < 0) return undefined;
  return `order: row ${at} has ${JSON.stringify(a?.[at], bigText)} instead of ${JSON.stringify(b?.[at], bigText)}`;
}

/** Values that DuckDB calls equal may be written in two ways: intervals, zeros, times of a zone. */
function equalKeys(connection: Connection, keys: Schema, a: Values, b: Values): boolean {
  return keys.every(({ type }, i) => {
    const [left, right] = [a[i], b[i]];
    if (close(left, right)) return true;
    if (!/INTERVAL|TIME WITH/.test(type) || typeof left !== 'string' || typeof right !== 'string') return false;
    const [row] = connection.rows(`SELECT '${left}'::${type} = '${right}'::${type} AS same`);
    return row?.same === true;
  });
}
