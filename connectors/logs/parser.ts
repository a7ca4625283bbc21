import { AccessLogParser } from './access-log.ts';
import { columnsOf, type LogFormat } from './format.ts';
import type { LineParser } from './line-parser.ts';
import { jsonValues, patternValues, ValueParser } from './value-parser.ts';

/** @param wanted names of the columns that are asked for */
export function parserOf(format: LogFormat, wanted: ReadonlySet<string>, rowsMax: number): LineParser {
  if (format.kind === 'access') return new AccessLogParser(wanted, rowsMax);
  const values = format.kind === 'json' ? jsonValues : patternValues(format.pattern, format.flags);
  return new ValueParser(columnsOf(format), values, wanted, rowsMax);
}
