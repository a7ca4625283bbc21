import { SheafError } from '../../shared/errors.ts';
import { unquotedName } from '../../shared/sql/text.ts';
import { tokenize } from '../../shared/sql/tokens.ts';
import type { PoolTask } from '../pool/protocol.ts';

/** DuckDB's last lines: a piece of the stage's SQL, which the user never wrote, with a caret below. */
const place = /\n+LINE \d+: [^\n]*\n *\^\s*$/;
const lineWithCaret = /\n(?<line>LINE \d+: [^\n]*)\n(?<indent> *)\^\s*$/;
/** The column of a cast that failed. */
const source = / when casting from source column (.+)$/s;
/** Names that the planner gives to columns between steps: parts of aggregates, keys, windows, one of two equal names. */
const madeUp = /\bpart_*(set|of|value|whole)?\d|^_+[a-z]+\d*$|_\d+$|^(key|value|SUBQUERY)$/;

/**
 * An error of a stage's SQL in words that the user knows: without the place in the planner's SQL, and without columns that are
 * the planner's; the cast that failed is named in the details where it is the user's. Errors of functions stay as they are:
 * their text is the user's.
 */
export function inOwnWords(error: SheafError, task: Pick<PoolTask, 'inputs'>): SheafError {
  if (error.code.startsWith('FUNCTION_')) return error;
  const told = error.message.replace(place, '');
  const column = source.exec(told)?.[1];
  const isForeign = column !== undefined && madeUp.test(column) && !isOfFiles(column, task);
  const message = isForeign ? told.replace(source, '') : told;
  if (message === error.message) return error;
  const expression = castAtCaret(error.message);
  const isOwn =
    expression !== undefined && namesIn(expression).every((name) => !madeUp.test(name) || isOfFiles(name, task));
  const { details, ...data } = error.toData();
  const more = isOwn ? { details: { ...details, expression } } : details === undefined ? {} : { details };
  return new SheafError(error.code, message, { ...data, ...more, cause: error });
}

/** The whole of it; nothing where DuckDB's line ends before, or where the caret points at anything else. */
function castAtCaret(message: string): string | undefined {
  const { line = '', indent = '' } = lineWithCaret.exec(message)?.groups ?? {};
  const tokens = tokenize(line.slice(indent.length)).map(({ sql }) => sql);
  if (tokens[0]?.toUpperCase() !== 'CAST' || tokens[1] !== '(') return undefined;
  let depth = 0;
  const end = tokens.findIndex((sql) => {
    depth += sql === '(' ? 1 : sql === ')' ? -1 : 0;
    return sql === ')' && depth === 0;
  });
  return end < 0 ? undefined : tokens.slice(0, end + 1).join('');
}

const namesIn = (expression: string): string[] =>
  tokenize(expression)
    .filter(({ kind }) => kind === 'word' || kind === 'name')
    .map(({ kind, sql }) => (kind === 'name' ? unquotedName(sql) : sql));

const isOfFiles = (column: string, { inputs }: Pick<PoolTask, 'inputs'>): boolean =>
  inputs.some(({ kind, schema }) => kind !== 'parts' && schema.some(({ name }) => name === column));
