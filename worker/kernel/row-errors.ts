import { closeSync, openSync, readSync } from 'node:fs';
import { type ErrorCode, SheafError } from '../../shared/errors.ts';
import { alignedRange, isWhole, type TextSplit } from './splits/ranges.ts';

/** How DuckDB tells the line: of CSV, of JSON. */
const linePatterns = [/(CSV Error on Line: )(\d+)/, /( in line )(\d+)/];

/** What DuckDB finds wrong with a row, however it calls it. A file that cannot be read at all is another matter. */
const ofRows: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['ROW_MALFORMED', 'QUERY_FAILED', 'SCHEMA_MISMATCH']);

/** Bytes searched for newlines at a time. */
const chunkBytes = 1024 * 1024;

/**
 * An error about a row, in terms of the user's file: its path in place of the range's, its line numbers in place of the
 * range's own. Other errors come back as they are.
 *
 * @param ranges the task's splits by the path at which they were read
 */
export function inFileTerms(error: SheafError, ranges: ReadonlyMap<string, TextSplit>): SheafError {
  const place = [...ranges].find(([path]) => error.message.includes(path));
  if (place === undefined || !ofRows.has(error.code)) return error;
  const [path, split] = place;
  const linesBefore = isWhole(split) ? 0 : countLinesBefore(split);
  const line = lineIn(error.message);
  const lineInFile = line === undefined || linesBefore === undefined ? undefined : line + linesBefore;
  const [headline, ...rest] = withLine(error.message, lineInFile).replaceAll(path, split.file.path).split('\n');
  // DuckDB lists reader options that nobody set and fixes that are not ours to make: what is wrong stands above them.
  const end = rest.findIndex((text) => text === '' || text.startsWith('Possible fixes'));
  const told = end < 0 ? rest : rest.slice(0, end);
  const at =
    lineInFile !== undefined ? `, line ${lineInFile}` : linesBefore === undefined ? rangeText(split, line) : '';
  return new SheafError('ROW_MALFORMED', `${split.file.path}${at}: ${[headline, ...told].join('\n')}`, {
    cause: error,
    next: (error.code === 'ROW_MALFORMED' && error.next) || 'Correct the row, or give a schema that fits it.',
    details: { ...error.details, file: split.file.path, ...(lineInFile === undefined ? {} : { line: lineInFile }) },
  });
}

function lineIn(message: string): number | undefined {
  const found = linePatterns.map((pattern) => pattern.exec(message)?.[2]).find((line) => line !== undefined);
  return found === undefined ? undefined : Number(found);
}

const withLine = (message: string, line: number | undefined): string =>
  line === undefined
    ? message
    : linePatterns.reduce((text, pattern) => text.replace(pattern, (_, words: string) => `${words}${line}`), message);

/** Where a line is whose number in its object nobody has counted. */
const rangeText = ({ from }: TextSplit, line: number | undefined): string =>
  line === undefined ? `, after byte ${from}` : `, line ${line} after byte ${from}`;

/** Newlines in the file before the range begins. Only done when an error is told, and not of what lies elsewhere. */
function countLinesBefore(split: TextSplit): number | undefined {
  if (split.file.object !== undefined) return undefined;
  const source = openSync(split.file.path, 'r');
  try {
    const { from } = alignedRange(source, split);
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let lines = 0;
    for (let at = 0; at < from; ) {
      const read = readSync(source, buffer, 0, Math.min(chunkBytes, from - at), at);
      if (read === 0) break;
      const bytes = buffer.subarray(0, read);
      for (let found = bytes.indexOf(0x0a); found >= 0; found = bytes.indexOf(0x0a, found + 1)) lines++;
      at += read;
    }
    return lines;
  } finally {
    closeSync(source);
  }
}
