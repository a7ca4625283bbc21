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
 * A syntax tree as JSON that `json_deserialize_sql` takes: constants of type DOUBLE need a decimal point, which a
 * JavaScript number has lost (`1e10` came in as 10000000000.0). DuckDB takes no infinite ones.
 */
export function syntaxTreeJson(tree: unknown): string {
  return JSONStringify(tree, (_, value: unknown) => (isDouble(value) ? { ...value, value: real(value.value) } : value));
}

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
