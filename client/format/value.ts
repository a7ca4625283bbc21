import { DataType, type Field, type RecordBatch } from 'apache-arrow';
import { fromRecordBatch } from '../../shared/arrow/from-record-batch.ts';
import { flatSchema } from '../../shared/arrow/record-batch.ts';
import { viewsOfBatch } from '../../shared/types/column-view.ts';
import { ticksOf } from '../../shared/types/exact-date.ts';
import { createReader } from '../../shared/types/readers/create-reader.ts';
import { valueKindOf } from '../../shared/types/value-kind.ts';

/** A column of a batch as JavaScript values, by the mapping of `RowOf`. */
export interface ColumnValues {
  readonly field: Field;
  /** The value of a row, null if it has none. Types without a JavaScript value, such as unions, are text. */
  readonly get: (row: number) => unknown;
}

/** The columns of a batch to be read value by value. */
export function columnValues(batch: RecordBatch): readonly ColumnValues[] {
  const { fields } = flatSchema(batch.schema);
  const views = viewsOfBatch(fromRecordBatch(batch), fields);
  return fields.map((field, place) => {
    const values = batch.getChildAt(place);
    if (!isReadable(field)) return { field, get: (row) => textOrNull(values?.get(row)) };
    const reader = createReader(field);
    const view = views[place];
    if (view !== undefined) reader.bind(view);
    return { field, get: (row) => reader.get(row) };
  });
}

const textOrNull = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));

const isReadable = (field: Field): boolean =>
  valueKindOf(field).kind !== 'unsupported' && (field.type.children ?? []).every(isReadable);

/** Whether values of the type read best aligned at their right ends. */
export const isNumeric = (field: Field): boolean =>
  ['number', 'bigint', 'huge', 'decimal'].includes(valueKindOf(field).kind);

/**
 * A value as text, much as DuckDB prints it.
 *
 * @param value as {@link columnValues} gives it
 * @param digits of floating-point numbers; all of them unless given
 */
export function formatValue(value: unknown, field: Field, digits?: number): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return formatDate(value, field.type);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'number') return formatNumber(value, digits);
  return typeof value === 'object' ? formatNested(value, field.type, digits) : String(value);
}

function formatNested(value: object, type: DataType, digits: number | undefined): string {
  const fields: readonly Field[] = type.children ?? [];
  const text = (inner: unknown, field: Field | undefined): string =>
    field === undefined ? String(inner) : formatValue(inner, field, digits);
  if (Array.isArray(value) && DataType.isStruct(type))
    return `(${value.map((item, i) => text(item, fields[i])).join(', ')})`;
  if (Array.isArray(value)) return `[${value.map((item) => text(item, fields[0])).join(', ')}]`;
  if (value instanceof Map) {
    const [keys, values]: readonly Field[] = fields[0]?.type.children ?? [];
    return `{${Array.from(value, ([key, item]) => `${text(key, keys)}: ${text(item, values)}`).join(', ')}}`;
  }
  const members = value as Readonly<Record<string, unknown>>;
  return `{${fields.map((field) => `${field.name}: ${text(members[field.name], field)}`).join(', ')}}`;
}

function formatNumber(value: number, digits: number | undefined): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return String(digits === undefined ? value : Number(value.toPrecision(digits)));
}

function formatDate(value: Date, type: DataType): string {
  const ticks = ticksOf(value, 1_000_000n) ?? 0n;
  if (Number.isNaN(value.getTime())) return ticks < 0n ? '-infinity' : 'infinity';
  const [day = '', clock = ''] = value.toISOString().split('T');
  if (DataType.isDate(type)) return day;
  const micros = String(((ticks % 1_000_000n) + 1_000_000n) % 1_000_000n).padStart(6, '0');
  const fraction = micros === '000000' ? '' : `.${micros.replace(/0+$/, '')}`;
  return `${day} ${clock.slice(0, 8)}${fraction}${DataType.isTimestamp(type) && type.timezone ? '+00' : ''}`;
}
