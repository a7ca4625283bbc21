import type { Column, Schema } from '../../shared/schema.ts';
import type { ValueType } from '../rows/values.ts';
import { flattened } from './rows.ts';

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;

function typeOf(value: unknown): ValueType {
  if (typeof value === 'boolean') return 'BOOLEAN';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'BIGINT' : 'DOUBLE';
  return typeof value === 'string' && isoTime.test(value) ? 'TIMESTAMP' : 'VARCHAR';
}

/** A type that holds both. */
function common(left: ValueType, right: ValueType): ValueType {
  if (left === right) return left;
  const isNumber = (type: ValueType): boolean => type === 'BIGINT' || type === 'DOUBLE';
  return isNumber(left) && isNumber(right) ? 'DOUBLE' : 'VARCHAR';
}

/**
 * Columns for rows of JSON, in the order in which their names first come. Lists are text, as JSON; of names that differ
 * only in case the first one stays.
 */
export function inferColumns(rows: readonly unknown[]): Schema {
  const types = new Map<string, ValueType | undefined>();
  for (const row of rows) {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) continue; // Rejected when it is read.
    for (const [name, value] of Object.entries(flattened(row))) {
      const before = types.get(name);
      const type = value === null || value === undefined ? undefined : typeOf(value);
      types.set(name, before === undefined || type === undefined ? (before ?? type) : common(before, type));
    }
  }
  return [...types].map(([name, type]): Column => ({ name, type: type ?? 'VARCHAR' })).filter(isFirstOfItsCase);
}

/** DuckDB does not tell cases apart. */
const isFirstOfItsCase = ({ name }: Column, i: number, all: readonly Column[]): boolean =>
  all.findIndex((other) => other.name.toLowerCase() === name.toLowerCase()) === i;
