import { duckdb } from './api.ts';
import type { Address } from './library.ts';

/**
 * Interrupts what runs on a connection, from any thread. Lost if nothing runs yet; some operators notice only after
 * seconds. The connection must not be closed meanwhile.
 */
export const interrupt = (connection: Address): void => duckdb.interrupt(connection);
