import type { Json } from '../../shared/json.ts';

/** A row by column name. */
export type Row = Readonly<Record<string, Json>>;

/** What is not as expected. */
export interface Difference {
  /** Expected, and not there. */
  readonly missing: readonly Row[];
  /** There, and not expected. */
  readonly unexpected: readonly Row[];
}

/**
 * Rows against what is expected of them, in any order, each expected row for one row. Only the columns that an expected
 * row names are looked at.
 */
export function difference(rows: readonly Row[], expected: readonly Row[]): Difference {
  const left = [...rows];
  const missing = expected.filter((wanted) => {
    const at = left.findIndex((row) => fits(row, wanted));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return { missing, unexpected: left };
}

/** Whether there is no difference. */
export const isSame = ({ missing, unexpected }: Difference): boolean => missing.length + unexpected.length === 0;

const fits = (row: Row, wanted: Row): boolean =>
  Object.entries(wanted).every(([name, value]) => Object.hasOwn(row, name) && equal(row[name] ?? null, value));

/** Times and large numbers may be written in more than one way. */
function equal(found: Json, wanted: Json): boolean {
  if (found === wanted) return true;
  if (found === null || wanted === null) return false;
  if (typeof found === 'object' || typeof wanted === 'object') return JSON.stringify(found) === JSON.stringify(wanted);
  if (typeof found === 'boolean' || typeof wanted === 'boolean') return String(found) === String(wanted);
  if (isNumber(found) && isNumber(wanted)) return Number(found) === Number(wanted);
  return String(found) === String(wanted) || (isTime(found) && isTime(wanted) && msOf(found) === msOf(wanted));
}

const isNumber = (value: string | number): boolean => typeof value === 'number' || /^-?\d+(\.\d+)?$/.test(value);
const isTime = (value: string | number): value is string =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?$/.test(value);
const msOf = (text: string): number =>
  Date.parse(`${text.replace(' ', 'T').replace(/Z$/, '')}${text.length > 10 ? 'Z' : ''}`);
