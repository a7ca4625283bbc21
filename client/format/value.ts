import { DataType, type Field, type Vector } from 'apache-arrow';
import { viewOfData } from '../../shared/types/column-view.ts';
import { ticksOf } from '../../shared/types/exact-date.ts';
import { createReader } from '../../shared/types/readers/create-reader.ts';
import { valueKindOf } from '../../shared/types/value-kind.ts';

/** The first values of a column as text for people, much as DuckDB prints them. */
export function formatColumn(field: Field, values: Vector | null, rows: number): string[] {
  const texts: string[] = [];
  for (const data of values?.data ?? []) {
    const count = Math.min(data.length, rows - texts.length);
    const read = isReadable(field) ? createReader(field) : undefined;
    read?.bind(viewOfData(data));
    const chunk = values?.slice(texts.length, texts.length + count);
    for (let row = 0; row < count; row++) texts.push(formatValue(read ? read.get(row) : chunk?.get(row), field));
  }
  return texts;
}

/** Whether values of the type read best aligned at their right ends. */
export const isNumeric = (field: Field): boolean =>
  ['number', 'bigint', 'huge', 'decimal'].includes(valueKindOf(field).kind);

/** Tables that the cluster did not make may hold types of their own, dictionaries for one: `apache-arrow` reads those. */
const isReadable = (field: Field): boolean =>
  valueKindOf(field).kind !== 'unsupported' && (field.type.children ?? []).every(isReadable);

/** @param value as `createReader` gives it */
function formatValue(value: unknown, field: Field): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return formatDate(value, field.type);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'number') return DataType.isInt(field.type) ? String(value) : formatFloat(value);
  return typeof value === 'object' ? formatNested(value, field.type.children ?? []) : String(value);
}

function formatNested(value: object, fields: readonly Field[]): string {
  const [inner] = fields;
  if (Array.isArray(value))
    return `[${value.map((item) => (inner ? formatValue(item, inner) : String(item))).join(', ')}]`;
  if (value instanceof Map) {
    const [keys, values] = (inner?.type.children ?? []) as Field[];
    if (!keys || !values) return String(value);
    return `{${Array.from(value, ([key, item]) => `${formatValue(key, keys)}: ${formatValue(item, values)}`).join(', ')}}`;
  }
  const members = value as Readonly<Record<string, unknown>>;
  return `{${fields.map((field) => `${field.name}: ${formatValue(members[field.name], field)}`).join(', ')}}`;
}

/** Twelve digits: what computers add beyond is noise to people. */
function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return String(Number(value.toPrecision(12)));
}

function formatDate(value: Date, type: DataType): string {
  if (Number.isNaN(value.getTime())) return 'infinity';
  const [day = '', clock = ''] = value.toISOString().split('T');
  if (DataType.isDate(type)) return day;
  const micros = String(((ticksOf(value, 1_000_000n) % 1_000_000n) + 1_000_000n) % 1_000_000n).padStart(6, '0');
  const fraction = micros === '000000' ? '' : `.${micros.replace(/0+$/, '')}`;
  return `${day} ${clock.slice(0, 8)}${fraction}${DataType.isTimestamp(type) && type.timezone ? '+00' : ''}`;
}
