import type { Connection } from '../../shared/duckdb/connection.ts';
import type { SheafError } from '../../shared/errors.ts';
import { difference, type Expectation } from './compare.ts';
import { attempt } from './errors.ts';

/** Said of a difference in which DuckDB does not agree with itself. */
export const contradiction = 'DuckDB itself counts as many rows as Sheaf has';
/** Said of a difference in which DuckDB's optimizer changes its own answer. */
export const unoptimised = 'DuckDB itself answers as Sheaf does when its optimizer is off';

/** Said of a difference in which DuckDB has joined nulls as if they were equal. */
export const withoutNulls = 'DuckDB itself answers as Sheaf does when its ASOF LEFT JOIN has no nulls to join by';

/** How DuckDB contradicts an answer that differs from Sheaf's; both lie in the tables `actual` and `expected`. */
export function contradictionOf(connection: Connection, sql: string, expectation: Expectation): string | undefined {
  if (isContradicted(connection, sql)) return contradiction;
  if (isAnswerUnoptimised(connection, sql, expectation)) return unoptimised;
  return isAnswerWithoutNulls(connection, sql, expectation) ? withoutNulls : undefined;
}

/** DuckDB counts as many rows as Sheaf found, and yields another number of them. */
function isContradicted(connection: Connection, sql: string): boolean {
  if (/\bPIVOT\b/.test(sql)) return false; // without values it cannot stand in a subquery here
  const [row] = connection.rows(`SELECT (SELECT count(*) FROM (${sql})) AS counted,
    (SELECT count(*) FROM actual) AS actual, (SELECT count(*) FROM expected) AS expected`);
  return row !== undefined && row.counted === row.actual && row.counted !== row.expected;
}

/** Seed 103010536: DuckDB's reader of Parquet loses its place in a file, which it reads where its optimizer is off. */
export const isOwnBug = ({ code, message }: SheafError): boolean =>
  code === 'INTERNAL' || /Out of buffer$/.test(message);

/**
 * What there is to say where DuckDB stops at a bug of its own and Sheaf answers: without its optimizer DuckDB may
 * answer, too, and then both must agree; else there is nothing to compare with.
 */
export function besideOwnBug(
  connection: Connection,
  sql: string,
  expectation: Expectation,
): { readonly failed: boolean; readonly reason?: string; readonly difference?: string } {
  const asked = unoptimisedAnswer(connection, sql);
  if (asked.error !== undefined) return { failed: true, reason: 'DuckDB stops at a bug of its own' };
  const differs = difference(connection, 'actual', 'unoptimised', expectation);
  return { failed: false, ...(differs === undefined ? {} : { difference: differs }) };
}

function isAnswerUnoptimised(connection: Connection, sql: string, expectation: Expectation): boolean {
  if (unoptimisedAnswer(connection, sql).error !== undefined) return false;
  const compared = attempt(() => ({ text: difference(connection, 'actual', 'unoptimised', expectation) }));
  return compared.value !== undefined && compared.value.text === undefined;
}

/** Rows whose key is null have no partner: the right side's may be left out before they are joined. */
function isAnswerWithoutNulls(connection: Connection, sql: string, expectation: Expectation): boolean {
  const other = sql.replace(
    /ASOF LEFT JOIN (.*) y ON (\S+ = (y\.\S+) AND \S+ = (y\.\S+) AND )/s,
    'ASOF LEFT JOIN (FROM $1 y WHERE $3 IS NOT NULL AND $4 IS NOT NULL) y ON $2',
  );
  if (other === sql) return false;
  connection.execute(`CREATE OR REPLACE TABLE without_nulls AS ${other}`);
  return difference(connection, 'actual', 'without_nulls', expectation) === undefined;
}

/** In the table `unoptimised`. The pragma is taken although settings are locked. */
function unoptimisedAnswer(connection: Connection, sql: string): ReturnType<typeof attempt> {
  connection.execute('PRAGMA disable_optimizer');
  const asked = attempt(() => connection.execute(`CREATE OR REPLACE TABLE unoptimised AS ${sql}`));
  withOptimizer(connection);
  return asked;
}

/**
 * Whether Sheaf fails of a subquery of several rows, and DuckDB would, too, had its optimizer not taken away the rows before that
 * ask for it.
 */
export const failsUnoptimised = (connection: Connection, sql: string, error: SheafError): boolean =>
  /More than one row returned by a subquery/.test(error.message) &&
  unoptimisedAnswer(connection, sql).error?.message === error.message;

/** As a connection is from the start. */
export const withOptimizer = (connection: Connection): number => connection.execute('PRAGMA enable_optimizer');
