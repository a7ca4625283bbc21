import { type DataType, type Field, TimeUnit, Type } from 'apache-arrow';
import { SheafError } from '../../shared/errors.ts';
import { quotedName } from '../../shared/sql/text.ts';

/** Metadata of a field whose values travel in another type than they have in DuckDB. */
const typeKey = 'sheaf:type';

/**
 * DuckDB's type for an Arrow field, as its own import of Arrow sees it.
 *
 * @throws SheafError `NOT_SUPPORTED` naming the field and its type
 */
export function duckdbType(field: Field): string {
  const type = field.metadata.get(typeKey) ?? extensionOf(field) ?? textOf(field.type);
  if (type !== undefined) return type;
  throw new SheafError(
    'NOT_SUPPORTED',
    `Column "${field.name}" has the Arrow type ${field.type}, which DuckDB has not`,
    {
      next: 'Convert the column before the file is read.',
    },
  );
}

/** Extension types that DuckDB reads as types of its own; those it has made itself are opaque to others. */
function extensionOf({ metadata }: Field): string | undefined {
  const name = metadata.get('ARROW:extension:name');
  if (name !== 'arrow.opaque') return name === undefined ? undefined : extensions[name];
  const about = metadata.get('ARROW:extension:metadata') ?? '';
  const [, type = ''] = /"type_name": *"(\w+)"/.exec(about) ?? [];
  return /"vendor_name": *"DuckDB"/.test(about) ? opaques[type] : undefined;
}

const extensions: Readonly<Record<string, string>> = {
  'arrow.uuid': 'UUID',
  'arrow.json': 'JSON',
  'arrow.bool8': 'BOOLEAN',
};

const opaques: Readonly<Record<string, string>> = {
  hugeint: 'HUGEINT',
  uhugeint: 'UHUGEINT',
  bit: 'BIT',
  bignum: 'BIGNUM',
  time_tz: 'TIME WITH TIME ZONE',
};

function textOf(type: DataType): string | undefined {
  const child = (at: number): string => duckdbType(type.children?.[at] as Field);
  switch (type.typeId) {
    case Type.Null:
      return '"NULL"';
    case Type.Bool:
      return 'BOOLEAN';
    case Type.Int:
      return integer(type as DataType & { isSigned: boolean; bitWidth: number });
    case Type.Float:
      return ['FLOAT', 'FLOAT', 'DOUBLE'][(type as DataType & { precision: number }).precision];
    case Type.Utf8:
    case Type.LargeUtf8:
      return 'VARCHAR';
    case Type.Binary:
    case Type.LargeBinary:
    case Type.FixedSizeBinary:
      return 'BLOB';
    case Type.Decimal:
      return decimal(type as DataType & { precision: number; scale: number });
    case Type.Date:
      return 'DATE';
    case Type.Time:
      return (type as DataType & { unit: TimeUnit }).unit === TimeUnit.NANOSECOND ? 'TIME_NS' : 'TIME';
    case Type.Timestamp:
      return timestamp(type as DataType & { unit: TimeUnit; timezone?: string | null });
    case Type.Interval:
    case Type.Duration:
      return 'INTERVAL';
    case Type.List:
      return `${child(0)}[]`;
    case Type.FixedSizeList:
      return `${child(0)}[${(type as DataType & { listSize: number }).listSize}]`;
    case Type.Struct:
      return `STRUCT(${(type.children as Field[]).map((field) => `${quotedName(field.name)} ${duckdbType(field)}`).join(', ')})`;
    case Type.Map:
      return mapOf(type);
    case Type.Dictionary:
      return textOf((type as DataType & { dictionary: DataType }).dictionary);
    default:
      return undefined;
  }
}

const integer = ({ isSigned, bitWidth }: { isSigned: boolean; bitWidth: number }): string =>
  `${isSigned ? '' : 'U'}${{ 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[bitWidth] ?? 'BIGINT'}`;

const decimal = ({ precision, scale }: { precision: number; scale: number }): string | undefined =>
  precision <= 38 ? `DECIMAL(${precision},${scale})` : undefined;

function timestamp({ unit, timezone }: { unit: TimeUnit; timezone?: string | null }): string {
  if (timezone) return 'TIMESTAMP WITH TIME ZONE';
  return { 0: 'TIMESTAMP_S', 1: 'TIMESTAMP_MS', 2: 'TIMESTAMP', 3: 'TIMESTAMP_NS' }[unit];
}

function mapOf(type: DataType): string {
  const entries: Field | undefined = type.children?.[0];
  const [key, value] = (entries?.type.children ?? []) as Field[];
  return `MAP(${duckdbType(key as Field)}, ${duckdbType(value as Field)})`;
}
