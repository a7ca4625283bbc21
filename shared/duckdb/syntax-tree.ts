import { JSONParse, JSONStringify } from 'json-with-bigint';

/** Strings, to step over them, and the numbers that DuckDB writes but JSON does not have. */
const notJson = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;

/**
 * DuckDB's JSON: integers beyond 2^53 become bigints. Numbers that JSON does not have become the strings `NaN`,
 * `Infinity` and `-Infinity`.
 */
export const parseJson = (json: string): unknown =>
  JSONParse(json.replace(notJson, (token) => (token.startsWith('"') ? token : `"${token}"`)));

/** Numbers written as given: `JSON.rawJSON` has no type in the compiler's library yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/**
 * A syntax tree as JSON that `json_deserialize_sql` takes and prints with the same meaning. Constants of type DOUBLE need a
 * decimal point, which a JavaScript number has lost (`1e10` came in as 10000000000.0); DuckDB takes no infinite ones. A
 * CROSS JOIN is printed as a comma, which binds looser than the joins beside it: it becomes a join on true.
 */
export function syntaxTreeJson(tree: unknown): string {
  return JSONStringify(tree, (_, value: unknown) =>
    isDouble(value)
      ? { ...value, value: real(value.value) }
      : isCrossJoin(value)
        ? { ...value, ref_type: 'REGULAR', condition: alwaysTrue }
        : value,
  );
}

const isCrossJoin = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && 'ref_type' in value && value.ref_type === 'CROSS';

const alwaysTrue = {
  class: 'CONSTANT',
  type: 'VALUE_CONSTANT',
  alias: '',
  value: { type: { id: 'BOOLEAN', type_info: null }, is_null: false, value: true },
};

interface DoubleConstant {
  readonly type: { readonly id: string };
  readonly value: unknown;
}

const isDouble = (value: unknown): value is DoubleConstant =>
  typeof value === 'object' && value !== null && 'value' in value && 'type' in value && isReal(value.type);

const isReal = (type: unknown): boolean =>
  typeof type === 'object' && type !== null && 'id' in type && (type.id === 'DOUBLE' || type.id === 'FLOAT');

const real = (value: unknown): unknown =>
  Number.isInteger(value) ? rawJSON(Object.is(value, -0) ? '-0.0' : withPoint(String(value))) : value;

const withPoint = (digits: string): string => (/[.e]/.test(digits) ? digits : `${digits}.0`);
