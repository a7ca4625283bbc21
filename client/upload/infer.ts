import { SheafError } from '../../shared/errors.ts';
import type { Schema } from '../../shared/schema.ts';
import { quoteName } from '../expressions/identifier.ts';

/**
 * Columns of rows, from the first of them: names in the order in which they occur, each with the type of its first
 * value that is not null. Numbers are DOUBLE, which is what they are in JavaScript.
 *
 * @throws SheafError `PLAN_INVALID` for values that are no data, for rows that are no objects, or if there is no column
 */
export function inferSchema(rows: readonly unknown[]): Schema {
  const types = new Map<string, string | undefined>();
  for (const row of rows) {
    if (!isPlain(row)) throw notData('A row', row);
    for (const [name, value] of Object.entries(row)) {
      if (types.get(name) === undefined) types.set(name, typeOf(value, name));
    }
  }
  if (types.size === 0)
    throw new SheafError('PLAN_INVALID', 'The rows of a dataset have no columns', {
      next: 'Give rows with at least one column, or none and a schema.',
    });
  return Array.from(types, ([name, type = 'VARCHAR']) => ({ name, type }));
}

/** @returns nothing for null */
function typeOf(value: unknown, place: string): string | undefined {
  if (value === null || value === undefined) return undefined;
  switch (typeof value) {
    case 'number':
      return 'DOUBLE';
    case 'bigint':
      return 'BIGINT';
    case 'string':
      return 'VARCHAR';
    case 'boolean':
      return 'BOOLEAN';
    default:
      return objectType(value, place);
  }
}

function objectType(value: unknown, place: string): string {
  if (value instanceof Date) return 'TIMESTAMP';
  if (value instanceof Uint8Array) return 'BLOB';
  if (Array.isArray(value)) return `${firstType(value, `${place}[]`)}[]`;
  if (value instanceof Map) {
    return `MAP(${firstType([...value.keys()], `keys of ${place}`)}, ${firstType([...value.values()], `values of ${place}`)})`;
  }
  if (!isPlain(value)) throw notData(`The column ${place}`, value);
  const fields = inferSchema([value]);
  return `STRUCT(${fields.map(({ name, type }) => `${quoteName(name)} ${type}`).join(', ')})`;
}

const firstType = (values: readonly unknown[], place: string): string =>
  typeOf(
    values.find((value) => value !== null && value !== undefined),
    place,
  ) ?? 'VARCHAR';

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !('then' in value);

const notData = (what: string, value: unknown): SheafError =>
  new SheafError('PLAN_INVALID', `${what} holds ${describe(value)}, which is no data`, {
    next: 'Give rows as objects of numbers, strings, booleans, bigints, Dates, bytes, arrays, objects, Maps and null.',
  });

const describe = (value: unknown): string =>
  value === null
    ? 'null'
    : typeof value === 'object'
      ? `a ${value.constructor?.name ?? 'object'}`
      : `a ${typeof value}`;
