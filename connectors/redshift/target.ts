import { SheafError } from '../../shared/errors.ts';
import type { Session } from '../postgres/session.ts';
import { placeColumns, unfilled } from '../postgres/sink/fit.ts';
import { shortType, type Target } from '../postgres/sink/target.ts';
import { type TableName, tableText } from '../table-name.ts';
import type { RedshiftOptions } from './options.ts';
import * as sql from './sql.ts';
import type { RedshiftColumn } from './types.ts';

/**
 * What the load does to its table before rows go in. Types stay as they are: Redshift changes none inside a
 * transaction. A value that does not fit fails the load.
 *
 * @throws SheafError `SCHEMA_MISMATCH` with all differences
 */
export async function changesOf(
  session: Session,
  options: RedshiftOptions,
  table: Required<TableName>,
  columns: readonly RedshiftColumn[],
): Promise<{ readonly changes: readonly string[]; readonly notes: readonly string[] }> {
  refuse(table, absentColumns(options, columns));
  const target = await describe(session, table);
  if (target === undefined) {
    return { changes: [sql.createTargetSql(table, columns)], notes: [`created ${tableText(table)}`] };
  }
  const placed = placeColumns(columns, target);
  const added = placed.flatMap(({ fit }, i) => (fit === 'missing' ? (columns[i] ?? []) : []));
  const isRefused = ({ fit }: (typeof placed)[number]): boolean =>
    fit === 'impossible' || (options.contract === 'freeze' && fit === 'missing');
  refuse(table, [
    ...placed
      .filter(isRefused)
      .map(
        ({ staged, target: to }) =>
          `column ${staged.name} comes as ${staged.type}; the table has ${to?.type ?? 'no such column'}`,
      ),
    ...unfilled(placed, target).map(({ name }) => `column ${name} must have a value, and nothing comes for it`),
  ]);
  return {
    changes: added.map((column) => sql.addColumnSql(table, column)),
    notes: added.map(({ name, type }) => `added ${name} ${type}`),
  };
}

function absentColumns({ key = [], orderBy }: RedshiftOptions, columns: readonly RedshiftColumn[]): string[] {
  const needed = [...key, ...(orderBy === undefined ? [] : [orderBy])];
  const absent = needed.filter((name) => columns.every((column) => column.name !== name));
  return absent.map((name) => `column ${name} of key or orderBy does not come`);
}

function refuse(table: Required<TableName>, broken: readonly string[]): void {
  if (broken.length === 0) return;
  throw new SheafError('SCHEMA_MISMATCH', `The rows do not fit the table ${tableText(table)}: ${broken.join('; ')}`, {
    next: 'Change the transformation or the table.',
  });
}

async function describe(session: Session, { schema, name }: Required<TableName>): Promise<Target | undefined> {
  type Row = Record<'name' | 'type' | 'nullable', string> &
    Record<'length' | 'precision' | 'scale' | 'preset', string | null>;
  const rows = await session.rows<Row>(sql.columnsSql, [schema, name]);
  if (rows.length === 0) return undefined;
  const columns = rows.map((row) => ({
    name: row.name,
    type: typeOf(row),
    isNotNull: row.nullable === 'NO',
    hasDefault: row.preset !== null,
    isGenerated: false,
    isEnum: false,
  }));
  return { oid: '', columns, uniqueKeys: [], isReferenced: false };
}

function typeOf(row: { type: string; length: string | null; precision: string | null; scale: string | null }): string {
  if (row.length !== null) return `${shortType(row.type)}(${row.length})`;
  return row.type === 'numeric' && row.precision !== null
    ? `numeric(${row.precision},${row.scale ?? 0})`
    : shortType(row.type);
}
