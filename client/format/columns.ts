import { DataType, type Field, type RecordBatch, type Table } from 'apache-arrow';
import { fromRecordBatch } from '../../shared/arrow/from-record-batch.ts';
import { flatSchema } from '../../shared/arrow/record-batch.ts';
import { viewsOfBatch } from '../../shared/types/column-view.ts';
import { ticksOf } from '../../shared/types/exact-date.ts';
import { createReader } from '../../shared/types/readers/create-reader.ts';
import { valueKindOf } from '../../shared/types/value-kind.ts';

/** The first values of each column as text for people, much as DuckDB prints them. */
export function formatColumns(table: Table, rows: number): string[][] {
  const texts: string[][] = table.schema.fields.map(() => []);
  for (const batch of table.batches) {
    const shown = Math.min(batch.numRows, rows - (texts[0]?.length ?? 0));
    if (shown > 0) batchTexts(batch.slice(0, shown)).forEach((column, place) => void texts[place]?.push(...column));
  }
  return texts;
}

function batchTexts(batch: RecordBatch): string[][] {
  const { fields } = flatSchema(batch.schema);
  const views = viewsOfBatch(fromRecordBatch(batch), fields);
  return fields.map((field, place) => {
    if (!isReadable(field)) return Array.from(batch.getChildAt(place) ?? [], String);
    const reader = createReader(field);
    const view = views[place];
    if (view !== undefined) reader.bind(view);
    return Array.from({ length: batch.numRows }, (_, row) => formatValue(reader.get(row), field));
  });
}

const isReadable = (field: Field): boolean =>
  valueKindOf(field).kind !== 'unsupported' && (field.type.children ?? []).every(isReadable);

/** Whether values of the type read best aligned at their right ends. */
export const isNumeric = (field: Field): boolean =>
  ['number', 'bigint', 'huge', 'decimal'].includes(valueKindOf(field).kind);

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
  const ticks = ticksOf(value, 1_000_000n) ?? 0n;
  if (Number.isNaN(value.getTime())) return ticks < 0n ? '-infinity' : 'infinity';
  const [day = '', clock = ''] = value.toISOString().split('T');
  if (DataType.isDate(type)) return day;
  const micros = String(((ticks % 1_000_000n) + 1_000_000n) % 1_000_000n).padStart(6, '0');
  const fraction = micros === '000000' ? '' : `.${micros.replace(/0+$/, '')}`;
  return `${day} ${clock.slice(0, 8)}${fraction}${DataType.isTimestamp(type) && type.timezone ? '+00' : ''}`;
}
