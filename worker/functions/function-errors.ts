import { inspect } from 'node:util';
import { type ErrorData, SheafError } from '../../shared/errors.ts';
import type { FunctionRef } from '../../shared/stage/function-step.ts';
import type { BadValue } from '../../shared/types/builders/column-builder.ts';
import { userStack } from './module-hooks.ts';

type Details = NonNullable<ErrorData['details']>;

/**
 * A function's own error: its message and the user's part of its stack. A package that is not there is none of its own.
 *
 * @param where `on row 17 of batch 3`
 */
export function threw(ref: FunctionRef, thrown: unknown, where: string, details: Details): SheafError {
  if (thrown instanceof SheafError && thrown.code === 'FUNCTION_PACKAGE_MISSING') return missingPackage(ref, thrown);
  const isError = thrown instanceof Error;
  const message = isError ? `${thrown.name}: ${thrown.message}` : `a value that is no error: ${shortText(thrown, 200)}`;
  return new SheafError('FUNCTION_THREW', `${ref.name} threw ${where}: ${message}`, {
    cause: thrown,
    details: { function: ref.name, ...(isError ? { stack: userStack(thrown.stack ?? '') } : {}), ...details },
    next: 'See the stack and the values in the details; handle such rows in the function, or filter them out before it.',
  });
}

const missingPackage = (ref: FunctionRef, { code, message, next }: SheafError): SheafError =>
  new SheafError(code, `${ref.name}: ${message}`, { details: { function: ref.name }, ...(next ? { next } : {}) });

/** A result that the step's schema does not take. */
export function wrongResult(ref: FunctionRef, bad: BadValue, where: string, details: Details): SheafError {
  const column = bad.column === '' ? '' : ` for column ${bad.column}`;
  const value = shortText(bad.value, 200);
  const inRow = bad.row === null ? '' : ` in row ${bad.row} of its result`;
  return new SheafError(
    'FUNCTION_RESULT',
    `${ref.name} returned ${value}${column}${inRow} ${where}; expected ${bad.expected}`,
    {
      details: { function: ref.name, column: bad.column, expected: bad.expected, value, ...details },
      next: nextFor(bad),
    },
  );
}

function nextFor({ column, value }: BadValue): string {
  const isPromise = typeof value === 'object' && value !== null && 'then' in value;
  if (isPromise) return 'Write the function as `async`: its promises are then awaited.';
  if (column === '')
    return 'Return what the method takes: a row object for map, rows for flatMap, a boolean for filter.';
  return 'Return the columns and types that `schema` declares, or declare what is returned.';
}

/** A value as text, bounded. */
function shortText(value: unknown, charsMax: number): string {
  const text = inspect(value, {
    depth: 3,
    breakLength: Number.POSITIVE_INFINITY,
    maxStringLength: charsMax,
    maxArrayLength: 20,
  });
  return text.length > charsMax ? `${text.slice(0, charsMax)}…` : text;
}

/** A row's values as text: no value takes more than a tenth of the limit. */
export function rowText(row: Readonly<Record<string, unknown>>, charsMax: number): string {
  const parts = Object.entries(row).map(([name, value]) => `${name}: ${shortText(value, Math.ceil(charsMax / 10))}`);
  const text = `{ ${parts.join(', ')} }`;
  return text.length > charsMax ? `${text.slice(0, charsMax)}… }` : text;
}
