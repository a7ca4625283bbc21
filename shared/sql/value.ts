import { SheafError } from '../errors.ts';
import { literal } from './text.ts';

/** JavaScript values that can stand in SQL. */
export type Literal = string | number | bigint | boolean | Date | Uint8Array | null;

/**
 * A value as a SQL literal of DuckDB that means exactly this value.
 *
 * | JavaScript             | SQL                                                              |
 * | ---------------------- | ---------------------------------------------------------------- |
 * | whole number, bigint   | the smallest integer type that holds it, up to HUGEINT           |
 * | other number           | DOUBLE, NaN and the infinities included                          |
 * | string                 | VARCHAR                                                          |
 * | Date                   | TIMESTAMP in UTC, to the millisecond                             |
 * | Uint8Array             | BLOB                                                             |
 *
 * @throws SheafError `PLAN_INVALID` for a value that SQL cannot hold
 */
export function quoteLiteral(value: Literal): string {
  if (value === null) return 'NULL';
  switch (typeof value) {
    case 'string':
      return quoteText(value);
    case 'number':
      return quoteNumber(value);
    case 'bigint':
      return quoteInteger(value);
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      if (value instanceof Date) return quoteDate(value);
      if (value instanceof Uint8Array) return quoteBytes(value);
      throw cannot(
        shown(value),
        'it is no text, number, boolean, Date or Uint8Array',
        Array.isArray(value) ? listAdvice : undefined,
      );
  }
}

/** A NUL would end the SQL text inside DuckDB, so it is spelled as a function call. */
export function quoteText(text: string): string {
  if (!text.isWellFormed()) throw cannot(JSON.stringify(text), 'half of a surrogate pair has no UTF-8 form');
  const pieces = text.split('\0').map(literal);
  return pieces.length === 1 ? pieces.join() : `(${pieces.join(' || chr(0) || ')})`;
}

/** DuckDB reads `1.5` as DECIMAL; an exponent makes it the DOUBLE that JavaScript means. */
function quoteNumber(value: number): string {
  if (Number.isNaN(value)) return `'nan'::DOUBLE`;
  if (!Number.isFinite(value)) return `'${value > 0 ? 'inf' : '-inf'}'::DOUBLE`;
  if (Object.is(value, -0)) return '(-0e0)';
  const text = String(value);
  const sql = Number.isSafeInteger(value) || text.includes('e') ? text : `${text}e0`;
  return value < 0 ? `(${sql})` : sql;
}

const hugeMax = 2n ** 127n - 1n;

function quoteInteger(value: bigint): string {
  if (value > hugeMax || value < -hugeMax) throw cannot(String(value), 'it is beyond HUGEINT, 128 bits');
  return value < 0n ? `(${value})` : String(value);
}

function quoteDate(value: Date): string {
  const year = value.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw cannot(String(value), 'dates go from year 1 to 9999 here');
  return `TIMESTAMP '${value.toISOString().replace('T', ' ').replace('Z', '')}'`;
}

const quoteBytes = (bytes: Uint8Array): string =>
  `'${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('')}'::BLOB`;

/** Of what the compiler would not have let through. */
const shown = (value: unknown): string =>
  typeof value === 'object' ? (JSON.stringify(value)?.slice(0, 80) ?? 'of no type') : typeof value;

const listAdvice =
  'Make rows of the list, cluster.from(list.map((v) => ({ v }))), and splice those into a template: … in (select v from …).';

const cannot = (value: string, reason: string, next?: string): SheafError =>
  new SheafError('PLAN_INVALID', `The value ${value} cannot stand in SQL: ${reason}`, {
    next: next ?? 'Pass another value, or write the expression as SQL text.',
  });
