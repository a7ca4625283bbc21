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
 * A syntax tree as JSON that `json_deserialize_sql` takes; `syntaxTreeText` makes of what it prints the text of the same meaning.
 * DuckDB prints a DOUBLE as `0.5`, which it reads as a DECIMAL, and takes no infinite one: these go through as names. Other
 * values of type DOUBLE need a decimal point, which a JavaScript number has lost (`1e10` came in as 10000000000.0). A CROSS JOIN
 * is printed as a comma, which binds looser than the joins beside it: it becomes a join on true.
 */
export function syntaxTreeJson(tree: unknown): string {
  return JSONStringify(tree, (_, value: unknown) =>
    isDoubleConstant(value)
      ? { class: 'COLUMN_REF', type: 'COLUMN_REF', alias: value.alias, column_names: [doubleName(value.value.value)] }
      : isDouble(value)
        ? { ...value, value: real(value.value) }
        : isCrossJoin(value)
          ? { ...value, ref_type: 'REGULAR', condition: alwaysTrue }
          : value,
  );
}

/** SQL text as `json_deserialize_sql` prints it, with the constants that went through it as names. */
export const syntaxTreeText = (sql: string): string =>
  sql.replace(doubleNames, (_, number: string) => (number.startsWith('-') ? `(${number})` : number));

/** Unicode leaves its meaning to programs: no name of the user has it. */
const mark = '\u{f8d0}';
const doubleNames = new RegExp(`"${mark}([^"]*)"`, 'gu');

/** An exponent makes it a DOUBLE; more than the largest is infinite. */
function doubleName(value: unknown): string {
  const text = String(value).replace('Infinity', '1e999');
  return `${mark}${text.includes('e') ? text : `${text}e0`}`;
}

interface DoubleNode {
  readonly alias: string;
  readonly value: DoubleConstant;
}

const isDoubleConstant = (value: unknown): value is DoubleNode =>
  typeof value === 'object' &&
  value !== null &&
  'class' in value &&
  value.class === 'CONSTANT' &&
  'value' in value &&
  isDouble(value.value) &&
  !('is_null' in value.value && value.value.is_null === true) &&
  value.value.type.id === 'DOUBLE';

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
