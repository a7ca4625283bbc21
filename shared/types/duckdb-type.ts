import { DataType, type Field, TimeUnit } from 'apache-arrow';
import { typeKey } from '../arrow/fields.ts';
import { SheafError } from '../errors.ts';
import { quotedName } from '../sql/text.ts';

/**
 * DuckDB's type for an Arrow field, as its own import of Arrow sees it.
 *
 * @param nullType what a column of nothing but nulls is called: DuckDB itself yields such a column as INTEGER
 * @throws SheafError `NOT_SUPPORTED` naming the field and its type
 */
export function duckdbType(field: Field, nullType = '"NULL"'): string {
  const known = field.metadata.get(typeKey) ?? extensionType(field.metadata);
  const type = known ?? typeOf(field.type, nullType);
  if (type !== undefined) return type;
  const what = `Column "${field.name}" has the Arrow type ${field.type}, which DuckDB cannot read`;
  throw new SheafError('NOT_SUPPORTED', what, { next: 'Convert it to another type before.' });
}

/** Extension types that DuckDB reads as types of its own. */
const extensions: Readonly<Record<string, string>> = {
  'arrow.uuid': 'UUID',
  'arrow.json': 'JSON',
  'arrow.bool8': 'BOOLEAN',
};

/** DuckDB's own types that Arrow does not have: it writes them as opaque to others. */
const opaques: Readonly<Record<string, string>> = {
  hugeint: 'HUGEINT',
  uhugeint: 'UHUGEINT',
  bit: 'BIT',
  bignum: 'BIGNUM',
  time_tz: 'TIME WITH TIME ZONE',
};

function extensionType(metadata: ReadonlyMap<string, string>): string | undefined {
  const name = metadata.get('ARROW:extension:name') ?? '';
  if (name !== 'arrow.opaque') return extensions[name];
  const about = metadata.get('ARROW:extension:metadata') ?? '';
  const [, type = ''] = /"type_name"\s*:\s*"(\w+)"/.exec(about) ?? [];
  return /"vendor_name"\s*:\s*"DuckDB"/.test(about) ? opaques[type] : undefined;
}

const typeOf = (type: DataType, nullType: string): string | undefined =>
  DataType.isDictionary(type)
    ? typeOf(type.dictionary, nullType)
    : (nestedType(type, nullType) ?? numberType(type) ?? timeType(type) ?? plainType(type, nullType));

function nestedType(type: DataType, nullType: string): string | undefined {
  const of = (field: Field | undefined): string => (field === undefined ? nullType : duckdbType(field, nullType));
  if (DataType.isList(type) || DataType.isLargeList(type)) return `${of(type.children[0])}[]`;
  if (DataType.isFixedSizeList(type)) return `${of(type.children[0])}[${type.listSize}]`;
  if (DataType.isStruct(type)) {
    return `STRUCT(${type.children.map((field) => `${quotedName(field.name)} ${of(field)}`).join(', ')})`;
  }
  if (!DataType.isMap(type)) return undefined;
  const [key, value] = (type.children[0]?.type.children ?? []) as Field[];
  return `MAP(${of(key)}, ${of(value)})`;
}

function numberType(type: DataType): string | undefined {
  if (DataType.isInt(type)) return (type.isSigned ? '' : 'U') + (integers[type.bitWidth] ?? 'BIGINT');
  if (DataType.isFloat(type)) return floats[type.precision];
  if (DataType.isDecimal(type) && type.bitWidth <= 128) return `DECIMAL(${type.precision},${type.scale})`;
  return undefined;
}

const integers: Readonly<Record<number, string>> = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' };
/** By Arrow's `Precision`; DuckDB has no half floats. */
const floats: readonly (string | undefined)[] = [undefined, 'FLOAT', 'DOUBLE'];

function timeType(type: DataType): string | undefined {
  if (DataType.isDate(type)) return 'DATE';
  if (DataType.isTime(type)) return type.unit === TimeUnit.NANOSECOND ? 'TIME_NS' : 'TIME';
  if (DataType.isTimestamp(type)) return type.timezone ? 'TIMESTAMP WITH TIME ZONE' : timestamps[type.unit];
  if (DataType.isInterval(type) || DataType.isDuration(type)) return 'INTERVAL';
  return undefined;
}

const timestamps: Readonly<Record<TimeUnit, string>> = {
  [TimeUnit.SECOND]: 'TIMESTAMP_S',
  [TimeUnit.MILLISECOND]: 'TIMESTAMP_MS',
  [TimeUnit.MICROSECOND]: 'TIMESTAMP',
  [TimeUnit.NANOSECOND]: 'TIMESTAMP_NS',
};

function plainType(type: DataType, nullType: string): string | undefined {
  if (DataType.isNull(type)) return nullType;
  if (DataType.isBool(type)) return 'BOOLEAN';
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return 'VARCHAR';
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isFixedSizeBinary(type)) return 'BLOB';
  return undefined;
}
