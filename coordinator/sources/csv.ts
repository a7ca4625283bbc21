import { closeSync, openSync, readSync } from 'node:fs';
import type { Connection } from '../../shared/duckdb/connection.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import type { ScanOptions } from '../../shared/plan/nodes/scan.ts';
import type { Schema } from '../../shared/schema.ts';
import { literal, pathLiteral } from '../../shared/sql/text.ts';
import type { CsvDialect, FileRef } from '../../shared/stage/split.ts';
import { isCompressed } from './formats.ts';
import { unreadable } from './unreadable.ts';

/** A dialect, and whether lines can be told by their ends. */
export interface SniffedCsv {
  readonly dialect: CsvDialect;
  /** Lines end in a lone carriage return, or quoted values hold lines: the file is read in one piece. */
  readonly isOnePiece: boolean;
  /** Of a file without rows: whether it has a header, by which its columns are named. */
  readonly noRows?: 'header' | 'empty';
}

/** DuckDB's sniffer looks at some 20,000 rows; this much of the file is looked at for quotes. */
const headBytes = 1024 * 1024;

/**
 * How a CSV file is written: what the options say, else what DuckDB's sniffer finds.
 *
 * @throws SheafError `ROW_MALFORMED` naming file and line, `SCHEMA_MISMATCH` if a given schema does not fit the file
 */
export function sniffCsv(file: FileRef, options: ScanOptions, connection: Connection): SniffedCsv {
  const head = isCompressed(file.path) ? undefined : readHead(file.path);
  const sniffed = sniff(file, options, connection);
  if (head !== undefined && isDoubtful(sniffed, options, head)) failOnUnevenRows(file, head, connection);
  const text = (key: string): string => (sniffed[key] === '(empty)' ? '' : String(sniffed[key] ?? ''));
  const quote = options.quote ?? usualQuote(text('Quote'), head);
  const isEmpty = file.sizeBytes === 0;
  const isNamed = sniffed.HasHeader === true && !isEmpty;
  const found = sniffed.Columns as Schema;
  const columns = isEmpty ? (options.schema ?? found) : withSchema(found, options.schema, isNamed, file);
  const [dateFormat, timestampFormat, comment] = [text('DateFormat'), text('TimestampFormat'), text('Comment')];
  const skipRows = Number(sniffed.SkipRows ?? 0);
  const dialect: CsvDialect = {
    delimiter: text('Delimiter'),
    quote,
    escape: options.escape ?? (text('Escape') || quote),
    header: sniffed.HasHeader === true,
    nullText: options.nullText ?? '',
    ...(dateFormat === '' ? {} : { dateFormat }),
    ...(timestampFormat === '' ? {} : { timestampFormat }),
    ...(comment === '' ? {} : { comment }),
    ...(skipRows === 0 ? {} : { skipRows }),
    columns,
  };
  const noRows = isEmpty ? 'empty' : isNamed && head !== undefined && isOneLine(head, skipRows) ? 'header' : undefined;
  return {
    dialect,
    isOnePiece: text('NewLineDelimiter') === '\\r' || (head !== undefined && spansLines(head, dialect)),
    ...(noRows === undefined ? {} : { noRows }),
  };
}

/** Nothing stands below the header. */
const isOneLine = (head: string, skipRows: number): boolean =>
  head.length < headBytes && head.trimEnd().split(/\r\n|\r|\n/).length <= skipRows + 1;

/**
 * A quoted value in the file's beginning holds a line's end: so may others, and no task can tell where a row begins.
 */
function spansLines(head: string, { quote, escape: escaping }: CsvDialect): boolean {
  if (quote === '' || !head.includes(quote)) return false;
  let isOpen = false;
  for (let at = 0; at < head.length; at++) {
    const one = head[at];
    // A doubled quote closes and opens again: only an escape of another kind must be stepped over.
    if (one === escaping && escaping !== quote && isOpen) at++;
    else if (one === quote) isOpen = !isOpen;
    else if (one === '\n' && isOpen) return true;
  }
  return false;
}

type Sniffed = Readonly<Record<string, unknown>>;

function sniff({ path }: FileRef, options: ScanOptions, connection: Connection): Sniffed {
  const { delimiter, quote, escape: escaping, header, nullText, reader = {} } = options;
  const given = Object.entries({ delim: delimiter, quote, escape: escaping, nullstr: nullText })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `, ${key} = ${literal(String(value))}`);
  const headed = header === undefined ? '' : `, header = ${header}`;
  const further = Object.entries(reader).map(([key, value]) => `, ${key} = ${valueText(value)}`);
  try {
    const [row] = connection.rows(
      `SELECT * FROM sniff_csv(${pathLiteral(path)}${given.join('')}${headed}${further.join('')})`,
    );
    return row ?? {};
  } catch (thrown) {
    throw unsniffable(path, SheafError.from(thrown));
  }
}

/** As SQL. */
function valueText(value: Json | undefined): string {
  if (typeof value === 'string') return literal(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value ?? null);
  return `{${Object.entries(value).map(([key, each]) => `${literal(key)}: ${valueText(each)}`)}}`;
}

function unsniffable(path: string, error: SheafError): SheafError {
  const other = unreadable(path, error);
  if (other !== undefined) return other;
  const [firstLine = ''] = error.message.replace(/^.*?Error when sniffing file "[^"]*"\.\n/s, '').split('\n');
  return new SheafError('ROW_MALFORMED', `${path} does not read as CSV: ${firstLine}`, {
    cause: error,
    next: 'Say how it is written: { delimiter, quote, escape, header, nullText }.',
    details: { file: path, duckdb: error.message },
  });
}

function readHead(path: string): string {
  const descriptor = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(headBytes);
    return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, headBytes, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** The sniffer names no quote where it saw none; those further on are quotes all the same. */
const usualQuote = (sniffed: string, head: string | undefined): string =>
  sniffed === '' && !head?.includes('"') ? '"' : sniffed;

const delimiters = [',', ';', '\t', '|'];
const firstLineOf = (head: string): string => head.slice(0, Math.max(0, head.search(/\r|\n|$/)));

/** Where rows are uneven, the sniffer falls back to one column that holds whole lines. */
function isDoubtful({ Columns: columns }: Sniffed, { delimiter, reader }: ScanOptions, head: string): boolean {
  const isOneColumn = Array.isArray(columns) && columns.length === 1 && reader === undefined;
  return isOneColumn && delimiter === undefined && delimiters.some((one) => firstLineOf(head).includes(one));
}

/** Reads it by the delimiter that its first line has most of, and says which row has another number of fields. */
function failOnUnevenRows({ path }: FileRef, head: string, connection: Connection): void {
  const line = firstLineOf(head);
  const count = (one: string): number => line.split(one).length;
  const [delimiter = ','] = [...delimiters].sort((a, b) => count(b) - count(a));
  const columns = Array.from({ length: count(delimiter) }, (_, i) => `'c${i}': 'VARCHAR'`).join(', ');
  try {
    connection.rows(`SELECT count(COLUMNS(*)) FROM read_csv(${pathLiteral(path)}, auto_detect = false, strict_mode = true,
      delim = ${literal(delimiter)}, quote = '"', escape = '"', header = false, columns = {${columns}})`);
  } catch (thrown) {
    const [where = '', row = '', expected = ''] = SheafError.from(thrown)
      .message.replace(/^.*?CSV Error on /s, '')
      .split('\n');
    throw new SheafError('ROW_MALFORMED', `${path}, ${where}: ${expected} (${row.replace('Original Line: ', '')})`, {
      cause: thrown,
      next: `Correct the row; or say { delimiter: … } if the fields are not separated by "${delimiter}".`,
      details: { file: path },
    });
  }
}

/** Types as given: by name where the file names its columns, else by position. */
function withSchema(columns: Schema, given: Schema | undefined, header: boolean, { path }: FileRef): Schema {
  if (given === undefined) return columns;
  if (!header) {
    if (columns.length === given.length) return given;
    throw new SheafError('SCHEMA_MISMATCH', `${path} has ${columns.length} columns, the given schema ${given.length}`, {
      next: 'Give a schema with one entry for each column of the file, in its order.',
    });
  }
  const typeOf = (wanted: string): string | undefined =>
    given.find(({ name }) => name.toLowerCase() === wanted.toLowerCase())?.type;
  return columns.map(({ name, type }) => ({ name, type: typeOf(name) ?? type }));
}
