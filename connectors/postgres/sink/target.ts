import type { TableName } from '../../table-name.ts';
import { quotedTable } from '../../table-name.ts';
import type { Session } from '../session.ts';

/** A table that is loaded, as the catalogue has it. */
export interface Target {
  readonly oid: string;
  readonly columns: readonly TargetColumn[];
  /** Columns of each unique index or primary key without a condition. */
  readonly uniqueKeys: readonly (readonly string[])[];
  /** Other tables refer to it: it cannot be truncated. */
  readonly isReferenced: boolean;
}

/** A column of the table that is loaded. */
export interface TargetColumn {
  readonly name: string;
  /** As `format_type` writes it, short names for long ones: `numeric(18,3)`, `timestamptz`, `varchar(5)`, `text[]`. */
  readonly type: string;
  readonly isNotNull: boolean;
  /** It has a value if none is given: a default, an identity, an expression. */
  readonly hasDefault: boolean;
  /** Nothing may be written into it. */
  readonly isGenerated: boolean;
  /** An enum: its values are texts of a list. */
  readonly isEnum: boolean;
}

/** The target's schema: as given, or where a new table would come to lie. */
export async function resolveTarget(session: Session, table: TableName): Promise<Required<TableName>> {
  if (table.schema !== undefined) return { schema: table.schema, name: table.name };
  const [row] = await session.rows<{ schema: string }>(
    `SELECT coalesce((SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.oid = to_regclass($1)), current_schema(), 'public') AS schema`,
    [quotedTable(table)],
  );
  return { schema: row?.schema ?? 'public', name: table.name };
}

/** The table, or undefined if there is none. */
export async function describeTarget(session: Session, table: Required<TableName>): Promise<Target | undefined> {
  const [found] = await session.rows<{ oid: string | null; referenced: string }>(
    `SELECT to_regclass($1)::oid AS oid,
       EXISTS (SELECT FROM pg_constraint WHERE confrelid = to_regclass($1) AND conrelid <> confrelid) AS referenced`,
    [quotedTable(table)],
  );
  if (found === undefined || found.oid === null) return undefined;
  const { oid } = found;
  const [columns, uniqueKeys] = [await columnsOf(session, oid), await uniqueKeysOf(session, oid)];
  return { oid, columns, uniqueKeys, isReferenced: found.referenced === 't' };
}

async function columnsOf(session: Session, oid: string): Promise<TargetColumn[]> {
  const rows = await session.rows<Record<'name' | 'type' | 'required' | 'preset' | 'generated' | 'enum', string>>(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
       a.atthasdef OR a.attidentity <> '' AS preset, a.attgenerated <> '' OR a.attidentity = 'a' AS generated,
       t.typtype = 'e' AS enum
     FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [oid],
  );
  return rows.map((row) => ({
    name: row.name,
    type: shortType(row.type),
    isNotNull: row.required === 't',
    hasDefault: row.preset === 't',
    isGenerated: row.generated === 't',
    isEnum: row.enum === 't',
  }));
}

/** The names that `postgresTypeOf` uses. */
export const shortType = (type: string): string =>
  type
    .replace(/^character varying/, 'varchar')
    .replace(/^character/, 'char')
    .replace(/^timestamp(\(\d\))? with time zone/, 'timestamptz$1')
    .replace(/^timestamp(\(\d\))? without time zone/, 'timestamp$1')
    .replace(/^time(\(\d\))? with time zone/, 'timetz$1')
    .replace(/^time(\(\d\))? without time zone/, 'time$1');

async function uniqueKeysOf(session: Session, oid: string): Promise<string[][]> {
  const rows = await session.rows<{ names: string }>(
    `SELECT json_agg(a.attname) AS names FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY((i.indkey::int2[])[0:i.indnkeyatts - 1])
     WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
     GROUP BY i.indexrelid`,
    [oid],
  );
  return rows.map(({ names }) => JSON.parse(names) as string[]);
}
