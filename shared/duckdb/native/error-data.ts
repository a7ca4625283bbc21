import { duckdbError } from '../errors.ts';
import { duckdb } from './api.ts';
import type { Address } from './library.ts';

/**
 * Throws what a `duckdb_error_data` says, and destroys it. A null one is success.
 *
 * @throws SheafError see `duckdbError`
 */
export function check(error: Address | number | null): void {
  if (error === null || error === 0) return;
  const handle = BigInt(error);
  const thrown = duckdbError(duckdb.errorMessage(handle) ?? 'DuckDB failed', duckdb.errorType(handle));
  duckdb.destroyError([handle]);
  throw thrown;
}
