import { type ErrorCode, SheafError } from '../errors.ts';

/** What DuckDB's messages say, the first match wins. They begin with the kind of error. */
const codeOfMessage: readonly (readonly [pattern: RegExp, code: ErrorCode])[] = [
  [/database has been invalidated because of a previous fatal error/, 'DATABASE_LOST'],
  [/^INTERRUPT Error/s, 'CANCELLED'],
  [/^Out of Memory Error: .*limit was set by the 'max_temp_directory_size'/s, 'DISK_FULL'],
  [/^IO Error: .*(No space left on device|Disk quota exceeded|File too large)/s, 'DISK_FULL'],
  [/^Out of Memory Error/s, 'OUT_OF_MEMORY'],
  [/^(Parser|Syntax) Error/s, 'SQL_INVALID'],
  [/^Binder Error: (Referenced (column|table) |Table ".*does not have a column|Could not find key)/s, 'COLUMN_UNKNOWN'],
  [/^Catalog Error/s, 'TABLE_UNKNOWN'],
  [/^Permission Error|^IO Error: .*Permission denied/s, 'PERMISSION_DENIED'],
  [/^IO Error: .*(No files found that match|No such file or directory)/s, 'FILE_NOT_FOUND'],
  [/^Invalid Input Error: (No magic bytes found|File '.*too small to be a Parquet file)/s, 'FILE_CORRUPT'],
  [
    /^\w[\w ]* Error: .*(TProtocolException|don't know what type|Invalid Parquet file|corrupt|footer)/is,
    'FILE_CORRUPT',
  ],
  [
    /^\w[\w ]* Error: .*(Failed to read Parquet|decompression fail|Decompression failed|out of buffer)/is,
    'FILE_CORRUPT',
  ],
  [/^Conversion Error: Error while reading file .*failed to cast column/s, 'SCHEMA_MISMATCH'],
  [/^Invalid Input Error: Failed to read file .*schema mismatch/s, 'SCHEMA_MISMATCH'],
  [/^Conversion Error: Malformed JSON .* when casting from source column /s, 'QUERY_FAILED'],
  [
    /^(Invalid Input|Conversion) Error: (CSV Error|Error when sniffing file|Malformed JSON|JSON transform error in file)/s,
    'ROW_MALFORMED',
  ],
  [/^Binder Error/s, 'SQL_INVALID'],
  [/^(Missing Extension|Extension Autoloading|Not implemented) Error/s, 'NOT_SUPPORTED'],
  [/^INTERNAL Error|^FATAL Error/s, 'INTERNAL'],
];

/** `duckdb_error_type` numbers, for messages that do not begin with their kind. */
const codeOfType: Readonly<Record<number, ErrorCode>> = {
  11: 'NOT_SUPPORTED',
  13: 'TABLE_UNKNOWN',
  14: 'SQL_INVALID',
  22: 'SQL_INVALID',
  24: 'SQL_INVALID',
  29: 'CANCELLED',
  30: 'INTERNAL',
  31: 'INTERNAL',
  33: 'OUT_OF_MEMORY',
  34: 'PERMISSION_DENIED',
};

const nextStep: Partial<Record<ErrorCode, string>> = {
  SQL_INVALID: 'Correct the SQL.',
  NOT_SUPPORTED: 'DuckDB does not know what the message names: write it otherwise.',
  OUT_OF_MEMORY: 'Give the worker more memory, or fewer threads; or cut the data into more partitions.',
  DISK_FULL: 'Free space where the file or the temporary directory lies, or name another place.',
  FILE_CORRUPT: 'Check how the file was written, or leave it out.',
  FILE_NOT_FOUND: 'Check the path: it is looked up on the machine that runs the query.',
  PERMISSION_DENIED: 'Let the user that runs the worker read (or write) it.',
  COLUMN_UNKNOWN: 'Check the spelling against the columns that the message lists.',
  TABLE_UNKNOWN: 'Check the spelling of the table or function.',
  ROW_MALFORMED: 'Correct the row, or give a schema that fits it.',
  SCHEMA_MISMATCH: 'Read files of one schema together, or give the schema that they share.',
  QUERY_FAILED:
    'See what the message names: filter such rows out, or correct them; try_cast makes null of what cannot be cast.',
  DATABASE_LOST: 'Try again: another query broke the database, and the worker opens a new one.',
  INTERNAL: 'This looks like a bug in DuckDB or in Sheaf: please report it with the query.',
};

/**
 * An error of DuckDB as a `SheafError`: its code from what the message says, else from DuckDB's error type. The message
 * is kept whole, with the caret that points into the SQL, but for advice that cannot be followed here. Pure.
 *
 * @param type a `duckdb_error_type`, where the C API gives one
 */
export function duckdbError(text: string, type = 0): SheafError {
  const [said = '', stack] = plainMessage(text).split(/\s*Stack Trace:\s*/);
  const message = said.replace(forbiddenAdvice, '').replace(manyCandidates, '$1\t…\n');
  const code = codeOfMessage.find(([pattern]) => pattern.test(message))?.[1] ?? codeOfType[type] ?? 'QUERY_FAILED';
  const next = extension.test(message) ? withoutExtension : nextStep[code];
  return new SheafError(code, message, {
    retryable: retryable.has(code),
    ...(next === undefined ? {} : { next }),
    ...(stack === undefined ? {} : { details: { stack } }),
  });
}

const retryable: ReadonlySet<ErrorCode> = new Set(['OUT_OF_MEMORY', 'DISK_FULL', 'DATABASE_LOST']);

/**
 * Whether an error means that its database takes no more work: DuckDB met a bug of its own in this query, or in one before
 * it.
 */
export const breaksDatabase = ({ code, message }: Pick<SheafError, 'code' | 'message'>): boolean =>
  code === 'DATABASE_LOST' || (code === 'INTERNAL' && /(INTERNAL|FATAL) Error/.test(message));

const extension = /but it exists in the \w+ extension|requires the extension/;
const withoutExtension =
  "Only DuckDB's built-in extensions are here: read it by a connector, or write it as Parquet or CSV first.";

/** How to install and what to set: neither is allowed here. */
const forbiddenAdvice =
  /\n+(Please try installing|Alternatively, consider enabling|Use "SET |Possible solutions:|By default, this setting utilizes|You can adjust this setting)[\s\S]*$/;

/** An operator such as + is there for 44 pairs of types: some of them will do. */
const manyCandidates = /((?:\t[^\n]*\n){12})(?:\t[^\n]*\n)+/;

/** Some functions of the C API hand out the exception as JSON. */
function plainMessage(text: string): string {
  const { exception_type: kind, exception_message: message } = fromJson(text);
  return kind === undefined || message === undefined ? text : `${kind} Error: ${message}`;
}

function fromJson(text: string): Readonly<Record<string, string>> {
  if (!text.startsWith('{"exception_type"')) return {};
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    return {}; // it only looked like an exception: the text itself is the message
  }
}
