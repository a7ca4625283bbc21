import { DataType } from 'apache-arrow';
import { formatValue } from '../../client/format/value.ts';

/**
 * A value of an Arrow vector as JSON text. Integers and decimals keep all of their digits; what JSON has no form for (times,
 * intervals, bytes as hex, not-a-number) is the text that people see.
 */
export function jsonValue(value: unknown, type: DataType): string {
  if (value === null || value === undefined) return 'null';
  if (DataType.isDictionary(type)) return jsonValue(value, type.dictionary);
  if (DataType.isInt(type)) return String(value);
  if (DataType.isBool(type)) return value ? 'true' : 'false';
  if (DataType.isFloat(type)) return Number.isFinite(value) ? String(value) : JSON.stringify(formatValue(value, type));
  if (DataType.isDecimal(type)) return formatValue(value, type);
  if (DataType.isList(type) || DataType.isFixedSizeList(type))
    return jsonList(value as Iterable<unknown>, type.children[0]?.type);
  if (DataType.isStruct(type)) return jsonStruct(value as Readonly<Record<string, unknown>>, type);
  return JSON.stringify(formatValue(value, type));
}

const jsonList = (items: Iterable<unknown>, type: DataType | undefined): string =>
  `[${Array.from(items, (item) => (type ? jsonValue(item, type) : JSON.stringify(item))).join(', ')}]`;

const jsonStruct = (value: Readonly<Record<string, unknown>>, { children }: DataType): string =>
  `{${children.map((field) => `${JSON.stringify(field.name)}: ${jsonValue(value[field.name], field.type)}`).join(', ')}}`;
