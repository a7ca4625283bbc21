import { quotedName } from '../../shared/sql/text.ts';

/** Text by which DuckDB reads files, under the name by which a step speaks of them. */
export interface NamedScan {
  readonly name: string;
  readonly sql: string;
}

/**
 * The SQL with the scans that it speaks of as common tables before its own, each put in place where it is read. As views
 * they would be bound twice, once as they are made, which is a good part of a small task.
 */
export function withScans(sql: string, scans: readonly NamedScan[]): string {
  if (scans.length === 0) return sql;
  const tables = scans.map((scan) => `${quotedName(scan.name)} AS NOT MATERIALIZED (${scan.sql})`).join(',\n');
  const [own, recursive = ''] = ownTables.exec(sql) ?? [];
  return own === undefined ? `WITH ${tables}\n${sql}` : `WITH${recursive} ${tables},${sql.slice(own.length)}`;
}

/** How SQL with common tables begins, comments before it included. */
const ownTables = /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*WITH\b(\s+RECURSIVE\b)?/i;
