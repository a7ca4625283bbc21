import { DataType, type Field } from 'apache-arrow';
import { formatValue } from '../../client/format/value.ts';

/**
 * A value as JSON text. Integers and decimals keep all of their digits; what JSON has no form for (times, intervals,
 * bytes as hex, not-a-number) is the text that people see; a map is a list of its keys with their values, a struct
 * without names a list.
 *
 * @param value as `columnValues` gives it
 */
export function jsonValue(value: unknown, field: Field): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'boolean' || typeof value === 'bigint' || DataType.isDecimal(field.type)) return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  const children: readonly Field[] = field.type.children ?? [];
  if (Array.isArray(value)) {
    const childOf = (i: number): Field | undefined => children[DataType.isStruct(field.type) ? i : 0];
    return `[${value.map((item, i) => memberJson(item, childOf(i))).join(', ')}]`;
  }
  if (DataType.isStruct(field.type)) return jsonStruct(value as Readonly<Record<string, unknown>>, children);
  return value instanceof Map ? jsonMap(value, children[0]) : JSON.stringify(formatValue(value, field));
}

const memberJson = (value: unknown, field: Field | undefined): string =>
  field === undefined ? JSON.stringify(value) : jsonValue(value, field);

const jsonStruct = (value: Readonly<Record<string, unknown>>, fields: readonly Field[]): string =>
  `{${fields.map((field) => `${JSON.stringify(field.name)}: ${jsonValue(value[field.name], field)}`).join(', ')}}`;

function jsonMap(value: ReadonlyMap<unknown, unknown>, entries: Field | undefined): string {
  const [keys, values]: readonly Field[] = entries?.type.children ?? [];
  const pairs = Array.from(value, ([key, item]) => `[${memberJson(key, keys)}, ${memberJson(item, values)}]`);
  return `[${pairs.join(', ')}]`;
}
