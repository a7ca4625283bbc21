import type { Connection } from '../../shared/duckdb/connection.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Schema } from '../../shared/schema.ts';
import { literal, quotedName } from '../../shared/sql/text.ts';
import { type TableName, tableText } from '../table-name.ts';
import { attached, createSql, type FileColumn, type Place, quoted } from './load-sql.ts';
import type { FileOptions } from './options.ts';

interface FileAgreement {
  readonly changes: readonly string[];
  readonly notes: readonly string[];
  readonly places: readonly Place[];
}

/** The table's columns; none if there is no table. */
const columnsOf = (connection: Connection, { schema, name }: Required<TableName>): FileColumn[] =>
  connection
    .rows(
      `SELECT column_name AS name, data_type AS type, NOT is_nullable AND column_default IS NULL AS required FROM duckdb_columns()
       WHERE database_name = ${literal(attached)} AND lower(schema_name) = lower(${literal(schema)})
         AND lower(table_name) = lower(${literal(name)}) ORDER BY column_index`,
    )
    .map((row) => ({ name: String(row.name), type: String(row.type), isNotNull: row.required === true }));

/**
 * Compares the incoming columns with the table's, under its contract.
 *
 * @throws SheafError `SCHEMA_MISMATCH` with all differences
 */
export function agreeFile(
  connection: Connection,
  options: FileOptions,
  table: Required<TableName>,
  schema: Schema,
): FileAgreement {
  const refuse = (broken: readonly string[]): void => {
    if (broken.length > 0) throw mismatch(table, broken, options);
  };
  refuse(absentColumns(options, schema).map((name) => `column ${name} of key or orderBy does not come`));
  const columns = columnsOf(connection, table);
  if (columns.length === 0) return created(table, schema);
  const found = schema.map((column) => placed(connection, table, column, columns, options));
  const unfilled = columns.filter(
    ({ isNotNull, name }) => isNotNull && found.every(({ place }) => place.to?.name !== name),
  );
  refuse([
    ...found.flatMap(({ problem }) => problem ?? []),
    ...unfilled.map(({ name }) => `column ${name} must have a value, and nothing comes for it`),
  ]);
  return {
    changes: found.flatMap(({ change }) => change ?? []),
    notes: found.flatMap(({ note }) => note ?? []),
    places: found.map(({ place }) => place),
  };
}

/** Columns that the options name and that do not come. */
function absentColumns({ key = [], orderBy }: FileOptions, schema: Schema): string[] {
  const known = new Set(schema.map(({ name }) => name));
  return [...key, ...(orderBy === undefined ? [] : [orderBy])].filter((name) => !known.has(name));
}

function created(table: Required<TableName>, schema: Schema): FileAgreement {
  const places = schema.map(({ name, type }) => ({ from: name, to: { name, type, isNotNull: false }, isSame: true }));
  return { changes: [createSql(quoted(table), schema)], notes: [`created ${tableText(table)}`], places };
}

interface Placed {
  readonly place: Place;
  readonly change?: string;
  readonly note?: string;
  readonly problem?: string;
}

function placed(
  connection: Connection,
  table: Required<TableName>,
  { name, type }: Schema[number],
  columns: readonly FileColumn[],
  { contract }: FileOptions,
): Placed {
  const to = columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
  const alter = `ALTER TABLE ${quoted(table)}`;
  const problem = `column ${name} comes as ${type}; the table has ${to?.type ?? 'no such column'}`;
  if (to === undefined) {
    if (contract === 'freeze') return { place: { from: name, to, isSame: false }, problem };
    if (contract === 'reject') return { place: { from: name, to, isSame: false } };
    const added = { name, type, isNotNull: false };
    const change = `${alter} ADD COLUMN ${quotedName(name)} ${type}`;
    return { place: { from: name, to: added, isSame: true }, change, note: `added ${name} ${type}` };
  }
  const both = commonType(connection, type, to.type);
  if (both === to.type || contract === 'reject') return { place: { from: name, to, isSame: type === to.type } };
  if (contract === 'freeze' || both === undefined) return { place: { from: name, to, isSame: false }, problem };
  return {
    place: { from: name, to: { ...to, type: both }, isSame: type === both },
    change: `${alter} ALTER COLUMN ${quotedName(to.name)} TYPE ${both}`,
    note: `widened ${to.name} from ${to.type} to ${both}`,
  };
}

/** The type that holds the values of both, as DuckDB unites them; undefined if it cannot. */
function commonType(connection: Connection, one: string, other: string): string | undefined {
  if (one === other) return one;
  try {
    return connection.describe(`SELECT NULL::${one} AS x UNION ALL SELECT NULL::${other}`)[0]?.type;
  } catch (error) {
    if (error instanceof SheafError && error.code !== 'INTERNAL') return undefined;
    throw error;
  }
}

const mismatch = (table: Required<TableName>, broken: readonly string[], { contract }: FileOptions): SheafError =>
  new SheafError('SCHEMA_MISMATCH', `The rows do not fit the table ${tableText(table)}: ${broken.join('; ')}`, {
    next:
      contract === 'freeze'
        ? 'Change the transformation or the table, or let the table evolve (contract: "evolve").'
        : 'Change the transformation or the table.',
  });
