import type { Connection } from '../../shared/duckdb/connection.ts';
import { difference, type Expectation } from './compare.ts';
import { attempt } from './errors.ts';

/** Said of a difference in which DuckDB does not agree with itself. */
export const contradiction = 'DuckDB itself counts as many rows as Sheaf has';
/** Said of a difference in which DuckDB's optimizer changes its own answer. */
export const unoptimised = 'DuckDB itself answers as Sheaf does when its optimizer is off';

/** How DuckDB contradicts an answer that differs from Sheaf's; both lie in the tables `actual` and `expected`. */
export function contradictionOf(connection: Connection, sql: string, expectation: Expectation): string | undefined {
  if (isContradicted(connection, sql)) return contradiction;
  return isAnswerUnoptimised(connection, sql, expectation) ? unoptimised : undefined;
}

/** DuckDB counts as many rows as Sheaf found, and yields another number of them. */
function isContradicted(connection: Connection, sql: string): boolean {
  if (/\bPIVOT\b/.test(sql)) return false; // without values it cannot stand in a subquery here
  const [row] = connection.rows(`SELECT (SELECT count(*) FROM (${sql})) AS counted,
    (SELECT count(*) FROM actual) AS actual, (SELECT count(*) FROM expected) AS expected`);
  return row !== undefined && row.counted === row.actual && row.counted !== row.expected;
}

/** DuckDB answers as Sheaf does when its optimizer is off: the pragma is taken although settings are locked. */
function isAnswerUnoptimised(connection: Connection, sql: string, expectation: Expectation): boolean {
  connection.execute('PRAGMA disable_optimizer');
  const asked = attempt(() => connection.execute(`CREATE OR REPLACE TABLE unoptimised AS ${sql}`));
  withOptimizer(connection);
  if (asked.error !== undefined) return false;
  const compared = attempt(() => ({ text: difference(connection, 'actual', 'unoptimised', expectation) }));
  return compared.value !== undefined && compared.value.text === undefined;
}

/** As a connection is from the start. */
export const withOptimizer = (connection: Connection): number => connection.execute('PRAGMA enable_optimizer');
