import { quotedTable, type TableName } from '../../table-name.ts';
import type { Target } from './target.ts';

/**
 * Empties a table that is replaced. It stays the same table: grants, indexes, views and keys that refer to it stay.
 * TRUNCATE is not possible where other tables refer to it; there rows are deleted, and the database refuses if one is
 * still referred to.
 */
export const emptySql = (table: TableName, { isReferenced }: Target): string =>
  isReferenced ? `DELETE FROM ${quotedTable(table)}` : `TRUNCATE ${quotedTable(table)}`;
