import { duckdb } from './native/api.ts';
import type { Address } from './native/library.ts';

/**
 * Interrupts what runs on a connection, from any thread. Lost if nothing runs yet; some operators notice only after
 * seconds. The connection must not be closed meanwhile.
 */
export const interrupt = (connection: Address): void => duckdb.interrupt(connection);
