import { SheafError } from '../errors.ts';
import { caret } from '../sql/caret.ts';
import { statementAdvice } from '../sql/statement-advice.ts';

/** What `json_serialize_sql` says of a text that it does not take. */
export interface ParseAnswer {
  readonly error: boolean;
  readonly error_message?: string;
  readonly position?: string;
}

const parameterAdvice =
  'A parameter is a value, no table: name the file by its reader, read_parquet($path) or read_csv(?), or splice the path into a template of cluster.sql.';

/** As in `FROM $path`. */
const isParameterAsTable = (sql: string, position: string | undefined): boolean =>
  position !== undefined &&
  /\b(from|join)\s+$/i.test(sql.slice(0, Number(position))) &&
  /^[$?]/.test(sql.slice(Number(position)));

/** Why a text is no SELECT, with a caret where the parser stopped. */
export function parseError({ error_message: message = '', position }: ParseAnswer, sql: string): SheafError {
  const asked = statementAdvice(sql);
  if (asked !== undefined)
    return new SheafError('SQL_INVALID', `${asked.statement} asks nothing: it is no SELECT`, { next: asked.next });
  const at = position === undefined ? '' : `\n\n${caret(sql, Number(position))}`;
  if (!/only select/i.test(message))
    return new SheafError('SQL_INVALID', `Parser Error: ${message}${at}`, {
      next: isParameterAsTable(sql, position) ? parameterAdvice : 'Correct the SQL at the place shown.',
    });
  // DuckDB makes two statements of it: the first looks the values up, since they are the names of columns.
  if (/\bpivot/i.test(sql))
    return new SheafError('SQL_INVALID', 'The columns of this PIVOT depend on the data: name its values', {
      next: "Write PIVOT … ON column IN ('a', 'b'): SELECT DISTINCT column FROM … says which there are.",
    });
  return new SheafError('SQL_INVALID', 'This is no SELECT, or several statements', {
    next: 'Write one SELECT statement.',
  });
}
