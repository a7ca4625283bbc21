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
  const { expression, constant } = atCaret(error.message);
  const isOwn =
    expression !== undefined && namesIn(expression).every((name) => !madeUp.test(name) || isOfFiles(name, task));
  const { details, ...data } = error.toData();
  const more = isOwn ? { details: { ...details, expression } } : details === undefined ? {} : { details };
  const next = isOwn && constant !== undefined ? { next: nextOfConstant(constant, expression) } : {};
  return new SheafError(error.code, message, { ...data, ...more, ...next, cause: error });
}

const nextOfConstant = (constant: string, expression: string): string =>
  `${constant} stands in the question${constant === expression ? '' : `, in ${expression}`}: write a value of the type that it meets there, or cast the other side to VARCHAR.`;

interface AtCaret {
  readonly expression?: string | undefined;
  /** A text that DuckDB casts to the type of what stands beside it. */
  readonly constant?: string;
}

/** The cast or the constant that the caret points at; nothing where DuckDB's line ends before, or begins after. */
function atCaret(message: string): AtCaret {
  const { line = '', indent = '' } = lineWithCaret.exec(message)?.groups ?? {};
  const tokens = tokenize(line.slice(indent.length)).map(({ sql }) => sql);
  const [first = ''] = tokens;
  if (/^'.*'$/s.test(first))
    return { expression: comparisonOf(line, indent.length, first.length) ?? first, constant: first };
  if (first.toUpperCase() !== 'CAST' || tokens[1] !== '(') return {};
  const end = closing(tokens);
  return end < 0 ? {} : { expression: tokens.slice(0, end + 1).join('') };
}

/** Where the first bracket that opens is closed; with `open` brackets before. */
function closing(tokens: readonly string[], open = 0): number {
  let depth = open;
  return tokens.findIndex((sql) => {
    depth += sql === '(' ? 1 : sql === ')' ? -1 : 0;
    return sql === ')' && depth === 0;
  });
}

const comparison = /\((?<left>[^()]+?) (?:=|<>|!=|<|>|<=|>=) $/;

/** A column or so that is compared with a constant: all comparisons of a printed tree stand in brackets. */
function comparisonOf(line: string, at: number, length: number): string | undefined {
  const before = comparison.exec(line.slice(0, at))?.[0];
  return before === undefined || line[at + length] !== ')' ? undefined : before.slice(1) + line.slice(at, at + length);
}

const namesIn = (expression: string): string[] =>
  tokenize(expression)
    .filter(({ kind }) => kind === 'word' || kind === 'name')
    .map(({ kind, sql }) => (kind === 'name' ? unquotedName(sql) : sql));

const isOfFiles = (column: string, { inputs }: Pick<PoolTask, 'inputs'>): boolean =>
  inputs.some(({ kind, schema }) => kind !== 'parts' && schema.some(({ name }) => name === column));
