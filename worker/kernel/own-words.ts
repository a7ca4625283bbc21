import { SheafError } from '../../shared/errors.ts';
import type { PoolTask } from '../pool/protocol.ts';

/** DuckDB's last lines: a piece of the stage's SQL, which the user never wrote, with a caret below. */
const place = /\n+LINE \d+: [^\n]*\n *\^\s*$/;
/** The column of a cast that failed. */
const source = / when casting from source column (.+)$/s;
/** Names that the planner gives to columns between steps: parts of aggregates, keys, windows, one of two equal names. */
const madeUp = /\bpart_*(set|of|value|whole)?\d|^_+[a-z]+\d*$|_\d+$|^(key|value|SUBQUERY)$/;

/**
 * An error of a stage's SQL in words that the user knows: without the place in the planner's SQL, and without columns that are
 * the planner's. Errors of functions stay as they are: their text is the user's.
 */
export function inOwnWords(error: SheafError, task: Pick<PoolTask, 'inputs'>): SheafError {
  if (error.code.startsWith('FUNCTION_')) return error;
  const told = error.message.replace(place, '');
  const column = source.exec(told)?.[1];
  const isForeign = column !== undefined && madeUp.test(column) && !isOfFiles(column, task);
  const message = isForeign ? told.replace(source, '') : told;
  return message === error.message ? error : new SheafError(error.code, message, { ...error.toData(), cause: error });
}

const isOfFiles = (column: string, { inputs }: Pick<PoolTask, 'inputs'>): boolean =>
  inputs.some(({ kind, schema }) => kind !== 'parts' && schema.some(({ name }) => name === column));
