import { assert } from '../../../shared/errors.ts';
import type { Column, Schema } from '../../../shared/schema.ts';
import { literal, pathLiteral, quotedName } from '../../../shared/sql/text.ts';
import { nullOf } from '../../../shared/sql/type-text.ts';
import type { CsvDialect, Split } from '../../../shared/stage/split.ts';

/** A split of a format that DuckDB reads itself; `arrow` splits come through the kernel's own scan. */
export type SqlSplit = Exclude<Split, { kind: 'arrow' }>;
type ParquetSplit = Extract<Split, { kind: 'parquet' }>;

/**
 * The path at which a task finds the bytes of a text split: the file itself where the split is all of it, else a copy of
 * its range (see `materialiseRange`).
 */
export type PathOf = (split: Exclude<SqlSplit, { kind: 'parquet' }>) => string;

/**
 * The SELECT that a task's view of a scan stands for: the rows of its splits in order, with exactly the schema's columns.
 * DuckDB pushes the filters and projections of the steps through it into the readers. Pure.
 */
export function sourceSql(schema: Schema, splits: readonly SqlSplit[], pathOf: PathOf): string {
  const selects = groups(splits).map((group) => selectOf(schema, group, pathOf));
  return selects.length === 0 ? emptySelect(schema) : selects.join('\nUNION ALL\n');
}

/** The same columns without any row: a task may have no splits of an input. */
const emptySelect = (schema: Schema): string =>
  `SELECT ${schema.map(({ name, type }) => `${nullOf(type)} AS ${quotedName(name)}`).join(', ')} WHERE false`;

/** Neighbours that one reader call can take together: whole files read alike. */
function groups(splits: readonly SqlSplit[]): SqlSplit[][] {
  const runs: SqlSplit[][] = [];
  for (const split of splits) {
    const run = runs.at(-1);
    if (run?.[0] !== undefined && readAlike(run[0], split)) run.push(split);
    else runs.push([split]);
  }
  return runs;
}

/** The condition on its rows, if not all of them are meant. */
const rangeOf = ({ range }: ParquetSplit): string | undefined => {
  if (range === undefined) return undefined;
  const column = quotedName(range.column);
  const from = range.from === undefined ? [] : [`${column} >= ${range.from}`];
  return [...from, ...(range.before === undefined ? [] : [`${column} < ${range.before}`])].join(' AND ');
};

/** What a file lacks, or has in other types: one reader call takes its columns' types from its first file. */
const otherwise = ({ missing = [], cast = [] }: ParquetSplit): string => JSON.stringify([missing, cast]);

function readAlike(a: SqlSplit, b: SqlSplit): boolean {
  if (a.kind === 'parquet' && b.kind === 'parquet') {
    return isWholeFile(a) && isWholeFile(b) && otherwise(a) === otherwise(b) && rangeOf(a) === rangeOf(b);
  }
  if (a.kind === 'csv' && b.kind === 'csv') return JSON.stringify(fromHere(a)) === JSON.stringify(fromHere(b));
  return a.kind === 'ndjson' && b.kind === 'ndjson';
}

const isWholeFile = ({ firstRow, rows, fileRows }: ParquetSplit): boolean => firstRow === 0 && rows === fileRows;

function selectOf(schema: Schema, group: readonly SqlSplit[], pathOf: PathOf): string {
  const [first] = group;
  assert(first !== undefined, 'a group holds a split');
  if (first.kind === 'parquet') return parquetSelect(schema, first, group);
  const paths = pathList(group.map((split) => (split.kind === 'parquet' ? split.file.path : pathOf(split))));
  return first.kind === 'csv' ? csvSelect(schema, fromHere(first), paths) : ndjsonSelect(schema, paths);
}

const pathList = (paths: readonly string[]): string => `[${paths.map(pathLiteral).join(', ')}]`;

function parquetSelect(schema: Schema, split: ParquetSplit, group: readonly SqlSplit[]): string {
  const { firstRow, rows, missing = [] } = split;
  const lacks = new Set(missing.map((name) => name.toLowerCase()));
  const list = schema.map((column) => columnText(column, !lacks.has(column.name.toLowerCase()))).join(', ');
  const from = `SELECT ${list} FROM read_parquet(${pathList(group.map(({ file }) => file.path))}${asWritten(schema, split.file.path)})`;
  // The reader's own row number prunes to the row groups that are needed.
  const place = isWholeFile(split) ? undefined : `file_row_number BETWEEN ${firstRow} AND ${firstRow + rows - 1}`;
  const conditions = [place, rangeOf(split)].filter((condition) => condition !== undefined);
  return conditions.length === 0 ? from : `${from} WHERE ${conditions.join(' AND ')}`;
}

/** A text that a directory's name gives, `k=01`, is no number, whatever the reader would guess of this task's files. */
const asWritten = (schema: Schema, path: string): string =>
  schema.some(({ name, type }) => type === 'VARCHAR' && path.toLowerCase().includes(`/${name.toLowerCase()}=`))
    ? ', hive_types_autocast = false'
    : '';

const columnText = ({ name, type }: Column, isThere: boolean): string =>
  `${isThere ? quotedName(name) : 'NULL'}::${type} AS ${quotedName(name)}`;

/** Only the first range of a file begins with its header and the lines before it. */
function fromHere({ dialect, from }: Extract<Split, { kind: 'csv' }>): CsvDialect {
  if (from === 0) return dialect;
  const { skipRows: _, ...rest } = dialect;
  return { ...rest, header: false };
}

/** Every option is said, none is found out: all tasks read alike. A row with too many fields is an error. */
function csvSelect(schema: Schema, dialect: CsvDialect, paths: string): string {
  const own = new Set(dialect.columns.map(({ name }) => name.toLowerCase()));
  const options = [
    'auto_detect = false',
    'strict_mode = true',
    `delim = ${literal(dialect.delimiter)}`,
    `quote = ${literal(dialect.quote)}`,
    `escape = ${literal(dialect.escape)}`,
    `header = ${dialect.header}`,
    `nullstr = ${literal(dialect.nullText)}`,
    ...(dialect.skipRows === undefined ? [] : [`skip = ${dialect.skipRows}`]),
    ...(dialect.comment === undefined ? [] : [`comment = ${literal(dialect.comment)}`]),
    ...(dialect.dateFormat === undefined ? [] : [`dateformat = ${literal(dialect.dateFormat)}`]),
    ...(dialect.timestampFormat === undefined ? [] : [`timestampformat = ${literal(dialect.timestampFormat)}`]),
    `columns = ${columnTypes(dialect.columns)}`,
  ];
  const list = schema.map((column) => columnText(column, own.has(column.name.toLowerCase()))).join(', ');
  return `SELECT ${list} FROM read_csv(${paths}, ${options.join(', ')})`;
}

const columnTypes = (columns: Schema): string =>
  `{${columns.map(({ name, type }) => `${literal(name)}: ${literal(type)}`).join(', ')}}`;

function ndjsonSelect(schema: Schema, paths: string): string {
  const list = schema.map((column) => columnText(column, true)).join(', ');
  return `SELECT ${list} FROM read_ndjson(${paths}, auto_detect = false, columns = ${columnTypes(schema)})`;
}
