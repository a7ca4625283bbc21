import type { Schema } from '../../shared/schema.ts';
import { literal, quotedName } from '../../shared/sql/text.ts';
import { ledgerName, rejectsName } from '../load-ledger.ts';
import { parseTableName, type TableName } from '../table-name.ts';
import type { FileOptions } from './options.ts';

/** The database file as it is attached. */
export const attached = 'target';

/** The table that the options name, in the schema `main` unless they name one. */
export const tableOf = (options: FileOptions): Required<TableName> => ({
  schema: 'main',
  ...parseTableName(options.table),
});
/** A table of the attached file, as SQL names it. */
export const quoted = ({ schema = 'main', name }: TableName): string =>
  `${attached}.${quotedName(schema)}.${quotedName(name)}`;
/** The file's ledger, as SQL names it. */
export const ledger = quoted({ name: ledgerName });
/** The file's table of rows that did not fit, as SQL names it. */
export const rejects = quoted({ name: rejectsName });

/** Makes the table's schema and the ledger where they are missing. */
export const setUpSql = (table: Required<TableName>): string => `
  CREATE SCHEMA IF NOT EXISTS ${attached}.${quotedName(table.schema)};
  CREATE TABLE IF NOT EXISTS ${ledger} (run VARCHAR, pipeline VARCHAR, output VARCHAR, "rows" BIGINT, bytes BIGINT,
    cursors JSON, detail JSON, committed_at TIMESTAMPTZ, PRIMARY KEY (run, output))`;

/** Makes the table of rows that did not fit where it is missing. */
export const rejectsSql = `CREATE TABLE IF NOT EXISTS ${rejects} (run VARCHAR, pipeline VARCHAR, output VARCHAR,
  stage VARCHAR, rule VARCHAR, reason VARCHAR, source VARCHAR, position BIGINT, row VARCHAR, rejected_at TIMESTAMP)`;

/** A column of the table, as it is or as it becomes. */
export interface FileColumn {
  readonly name: string;
  readonly type: string;
  readonly isNotNull: boolean;
}

/** Where an incoming column goes. */
export interface Place {
  readonly from: string;
  readonly to: FileColumn | undefined;
  readonly isSame: boolean;
}

/** Rows of the staged files with the number of each within all of them, in the order of their tasks. */
export const stagedSql = (files: readonly string[]): string => {
  const parts = files.map(
    (file, task) => `SELECT ${task} AS sheaf_task, file_row_number AS sheaf_place, * EXCLUDE (file_row_number)
      FROM read_parquet(${literal(file)}, file_row_number = true)`,
  );
  return parts.join(' UNION ALL ');
};

/** Why a row does not fit; null if it does. */
export function misfitSql(places: readonly Place[], key: readonly string[]): string {
  const cases = places.flatMap(({ from, to, isSame }) => {
    const column = quotedName(from);
    if (to === undefined) return [[`${column} IS NOT NULL`, `column ${from}: the table has no such column`]];
    const needed = to.isNotNull || key.includes(from) ? [[`${column} IS NULL`, `column ${from}: null`]] : [];
    const cast = `${column} IS NOT NULL AND TRY_CAST(${column} AS ${to.type}) IS NULL`;
    return isSame ? needed : [...needed, [cast, `column ${from}: the value does not fit ${to.type}`]];
  });
  const texts = cases.map(([condition = '', reason = '']) => `WHEN ${condition} THEN ${literal(reason)}`);
  return texts.length === 0 ? 'NULL::VARCHAR' : `(CASE ${texts.join(' ')} END)`;
}

const loaded = (places: readonly Place[]): readonly (Place & { to: FileColumn })[] =>
  places.flatMap((place) => (place.to === undefined ? [] : [{ ...place, to: place.to }]));

const castValue = ({ from, to, isSame }: Place & { to: FileColumn }): string =>
  isSame ? `s.${quotedName(from)}` : `CAST(s.${quotedName(from)} AS ${to.type})`;

/** @param source a relation of rows that fit */
export function insertSql(table: string, places: readonly Place[], source: string): string {
  const columns = loaded(places);
  return `INSERT INTO ${table} (${columns.map(({ to }) => quotedName(to.name)).join(', ')})
    SELECT ${columns.map(castValue).join(', ')} FROM ${source} s`;
}

/** One row for each key: that with the greatest order, of equal ones that of the last task, there the last one. */
function newestSql(source: string, key: readonly string[], orderBy: string | undefined): string {
  const order = orderBy === undefined ? '' : `${quotedName(orderBy)} DESC NULLS LAST, `;
  return `(SELECT * FROM ${source} QUALIFY row_number() OVER (PARTITION BY ${key.map(quotedName).join(', ')}
    ORDER BY ${order}sheaf_task DESC, sheaf_place DESC) = 1)`;
}

/** Updates rows by key where the new row is not older, and inserts the others. @param table as SQL names it */
export function mergeSql(
  table: string,
  places: readonly Place[],
  source: string,
  { key = [], orderBy }: Pick<FileOptions, 'key' | 'orderBy'>,
): string {
  const columns = loaded(places);
  const on = columns
    .filter(({ from }) => key.includes(from))
    .map((one) => `t.${quotedName(one.to.name)} = ${castValue(one)}`);
  const others = columns.filter(({ from }) => !key.includes(from));
  const order = columns.find(({ from }) => from === orderBy);
  const newer =
    order === undefined
      ? ''
      : ` AND (t.${quotedName(order.to.name)} IS NULL OR ${castValue(order)} >= t.${quotedName(order.to.name)})`;
  const update = others.map((one) => `${quotedName(one.to.name)} = ${castValue(one)}`).join(', ');
  const matched = others.length === 0 ? '' : `WHEN MATCHED${newer} THEN UPDATE SET ${update}`;
  return `MERGE INTO ${table} AS t USING ${newestSql(source, key, orderBy)} AS s ON (${on.join(' AND ')}) ${matched}
    WHEN NOT MATCHED THEN INSERT (${columns.map(({ to }) => quotedName(to.name)).join(', ')})
      VALUES (${columns.map(castValue).join(', ')})`;
}

/** Makes the target. @param table as SQL names it */
export const createSql = (table: string, schema: Schema): string =>
  `CREATE TABLE ${table} (${schema.map(({ name, type }) => `${quotedName(name)} ${type}`).join(', ')})`;
