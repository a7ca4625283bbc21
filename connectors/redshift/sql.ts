import { literal, quotedName } from '../../shared/sql/text.ts';
import { ledgerName } from '../load-ledger.ts';
import { quotedTable, type TableName } from '../table-name.ts';
import type { RedshiftOptions } from './options.ts';
import { orderColumns, type RedshiftColumn } from './types.ts';

/** Statements for Redshift, which has no ON CONFLICT, enforces no key, and commits at TRUNCATE. Pure texts. */

export const stageTable = 'sheaf_stage';
/** The temporary table with the newest row of each key. */
export const newestTable = 'sheaf_newest';

/** The ledger of a schema, quoted. */
export const ledgerOf = (schema: string): string => quotedTable({ schema, name: ledgerName });

/** Makes the ledger where it is missing. @param ledger quoted */
export const ledgerSql = (ledger: string): string =>
  `CREATE TABLE IF NOT EXISTS ${ledger} (run varchar(64) NOT NULL, pipeline varchar(256) NOT NULL,
    output varchar(256) NOT NULL, "rows" bigint NOT NULL, bytes bigint NOT NULL, cursors varchar(65535), detail varchar(65535),
    committed_at timestamp NOT NULL, PRIMARY KEY (run, output))`;

/** Keys are not enforced: whoever looks into the ledger keeps all others out until its transaction ends. */
export const lockLedgerSql = (ledger: string): string => `LOCK TABLE ${ledger}`;

/** The target's columns in their order. `$1`, `$2`: schema and table. */
export const columnsSql = `SELECT column_name AS name, data_type AS type, character_maximum_length AS length, numeric_precision AS precision,
  numeric_scale AS scale, is_nullable AS nullable, column_default AS preset FROM information_schema.columns
  WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position`;

/** Makes the target with the incoming columns. */
export const createTargetSql = (table: TableName, columns: readonly RedshiftColumn[]): string =>
  `CREATE TABLE ${quotedTable(table)} (${columns.map(({ name, type }) => `${quotedName(name)} ${type}`).join(', ')})`;

/** Adds an incoming column to the target. */
export const addColumnSql = (table: TableName, { name, type }: RedshiftColumn): string =>
  `ALTER TABLE ${quotedTable(table)} ADD COLUMN ${quotedName(name)} ${type}`;

/** In the order in which Parquet has them: COPY goes by places. */
export const createStageSql = (columns: readonly RedshiftColumn[]): string =>
  `CREATE TEMP TABLE ${stageTable} (${orderColumns.attempt} varchar(64), ${orderColumns.position} bigint, ${columns
    .map(({ name, staged }) => `${quotedName(name)} ${staged}`)
    .join(', ')})`;

/** @param manifest address of an object that names exactly the files to load */
export const copySql = (manifest: string, { iamRole, region }: RedshiftOptions): string =>
  `COPY ${stageTable} FROM ${literal(manifest)} IAM_ROLE ${iamRole === 'default' ? 'default' : literal(iamRole)} FORMAT AS PARQUET MANIFEST${
    region === undefined ? '' : ` REGION ${literal(region)}`
  }`;

/** Files with their sizes, without which COPY refuses Parquet. */
export const manifestText = (files: readonly { readonly url: string; readonly bytes: number }[]): string =>
  JSON.stringify({
    entries: files.map(({ url, bytes }) => ({ url, mandatory: true, meta: { content_length: bytes } })),
  });

/** Not TRUNCATE, which would commit. */
export const emptySql = (table: TableName): string => `DELETE FROM ${quotedTable(table)}`;

/** Inserts all rows of another table, as values of the target's columns. @param from quoted */
export const insertSql = (table: TableName, columns: readonly RedshiftColumn[], from: string): string =>
  `INSERT INTO ${quotedTable(table)} (${columns.map(({ name }) => quotedName(name)).join(', ')})
    SELECT ${columns.map(({ value }) => value('s')).join(', ')} FROM ${from} s`;

type Merge = Pick<RedshiftOptions, 'key' | 'orderBy'>;

/** One row for each key: the greatest in order, of equal ones the last by attempt and place. */
export const newestSql = ({ key = [], orderBy }: Merge): string => {
  const order = orderBy === undefined ? '' : `${quotedName(orderBy)} DESC NULLS LAST, `;
  return `CREATE TEMP TABLE ${newestTable} AS SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY ${key.map(quotedName).join(', ')}
    ORDER BY ${order}${orderColumns.attempt} DESC, ${orderColumns.position} DESC) AS sheaf_rank FROM ${stageTable}) ranked WHERE sheaf_rank = 1`;
};

/** How many staged rows have no key, as `n`. */
export const nullKeysSql = ({ key = [] }: Merge): string =>
  `SELECT count(*) AS n FROM ${stageTable} WHERE ${key.map((name) => `${quotedName(name)} IS NULL`).join(' OR ')}`;

const sameKey = (table: string, columns: readonly RedshiftColumn[], { key = [] }: Merge): string =>
  columns
    .filter(({ name }) => key.includes(name))
    .map(({ name, value }) => `${table}.${quotedName(name)} = ${value(newestTable)}`)
    .join(' AND ');

/** Rows that are older than those in the table have nothing to change. */
export function dropOlderSql(table: TableName, columns: readonly RedshiftColumn[], merge: Merge): string | undefined {
  const order = columns.find(({ name }) => name === merge.orderBy);
  if (order === undefined) return undefined;
  const incoming = order.value(newestTable);
  return `DELETE FROM ${newestTable} USING ${quotedTable(table)} t WHERE ${sameKey('t', columns, merge)}
    AND t.${quotedName(order.name)} IS NOT NULL AND (${incoming} IS NULL OR t.${quotedName(order.name)} > ${incoming})`;
}

/** Rows that will come anew. */
export const dropReplacedSql = (table: TableName, columns: readonly RedshiftColumn[], merge: Merge): string =>
  `DELETE FROM ${quotedTable(table)} USING ${newestTable} WHERE ${sameKey(quotedTable(table), columns, merge)}`;
