import { SheafError } from '../../shared/errors.ts';
import type { Column, Schema } from '../../shared/schema.ts';
import { quotedName } from '../../shared/sql/text.ts';
import { parseType } from '../../shared/types/type-text.ts';

/** A column on its way: in the Parquet file, in the temporary table that COPY fills, in the target. */
export interface RedshiftColumn {
  readonly name: string;
  /** DuckDB's SQL of what is written to Parquet. */
  readonly written: string;
  /** Type of the temporary table's column, which COPY needs to be what Parquet has. */
  readonly staged: string;
  /** Type of a new column of the target. */
  readonly type: string;
  /** SQL of the value for the target, read from the table of that name. */
  readonly value: (from: string) => string;
}

const textType = 'varchar(65535)';

/** Adds what tells rows of one key apart: which attempt wrote it, and where in its file. */
export const orderColumns = { attempt: 'sheaf_attempt', position: 'sheaf_position' } as const;

/** The incoming columns in Redshift's types. */
export const redshiftColumns = (schema: Schema): RedshiftColumn[] => schema.map(columnOf);

function columnOf({ name, type }: Column): RedshiftColumn {
  const quoted = quotedName(name);
  const parsed = parseType(type);
  const plain = parsed.kind === 'plain' ? parsed.name : '';
  const as = (
    written: string,
    staged: string,
    target = staged,
    value: RedshiftColumn['value'] = (from) => `${from}.${quoted}`,
  ): RedshiftColumn => ({ name, written: `${written} AS ${quoted}`, staged, type: target, value });
  const cast = (duckdb: string, staged: string): RedshiftColumn => as(`CAST(${quoted} AS ${duckdb})`, staged);
  if (plain === 'DECIMAL' && parsed.kind === 'plain') {
    return as(
      quoted,
      `numeric(${parsed.parameters[0] ?? 18},${parsed.parameters[1] ?? (parsed.parameters[0] === undefined ? 3 : 0)})`,
    );
  }
  if (/^(BLOB|BYTEA|BINARY|VARBINARY)$/.test(plain)) throw noBytes(name);
  if (parsed.kind !== 'plain') return as(`CAST(to_json(${quoted}) AS VARCHAR)`, textType);
  if (/^TIMESTAMP(TZ| WITH TIME ZONE)$/.test(plain)) {
    const utc = `CAST(timezone('UTC', ${quoted}) AS TIMESTAMP)`;
    return as(utc, 'timestamp', 'timestamptz', (from) => `${from}.${quoted} AT TIME ZONE 'UTC'`);
  }
  if (/^(TIMESTAMP|DATETIME)/.test(plain)) return cast('TIMESTAMP', 'timestamp');
  if (plain === 'TIME')
    return as(`CAST(${quoted} AS VARCHAR)`, 'varchar(16)', 'time', (from) => `CAST(${from}.${quoted} AS time)`);
  const [duckdb, redshift] = plainTypes[plain] ?? ['VARCHAR', textType];
  return cast(duckdb, redshift);
}

const plainTypes: Readonly<Record<string, readonly [duckdb: string, redshift: string]>> = {
  BOOLEAN: ['BOOLEAN', 'boolean'],
  TINYINT: ['SMALLINT', 'smallint'],
  UTINYINT: ['SMALLINT', 'smallint'],
  SMALLINT: ['SMALLINT', 'smallint'],
  USMALLINT: ['INTEGER', 'integer'],
  INTEGER: ['INTEGER', 'integer'],
  UINTEGER: ['BIGINT', 'bigint'],
  BIGINT: ['BIGINT', 'bigint'],
  UBIGINT: ['DECIMAL(20,0)', 'numeric(20,0)'],
  HUGEINT: ['DECIMAL(38,0)', 'numeric(38,0)'],
  UHUGEINT: ['DECIMAL(38,0)', 'numeric(38,0)'],
  FLOAT: ['FLOAT', 'real'],
  DOUBLE: ['DOUBLE', 'double precision'],
  DATE: ['DATE', 'date'],
  UUID: ['VARCHAR', 'varchar(36)'],
};

const noBytes = (name: string): SheafError =>
  new SheafError('NOT_SUPPORTED', `Column ${name} has bytes, which COPY into Redshift takes from no Parquet file`, {
    next: `Write it as text: to_base64(${name}), or hex(${name}).`,
  });
