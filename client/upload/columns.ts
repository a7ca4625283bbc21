import { type Schema as ArrowSchema, DataType, type Field, TimeUnit } from 'apache-arrow';
import { typeKey } from '../../shared/arrow/fields.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Schema } from '../../shared/schema.ts';
import { quoteName } from '../expressions/identifier.ts';

/**
 * An Arrow schema in DuckDB's words: the types that DuckDB reads such columns as.
 *
 * @throws SheafError `NOT_SUPPORTED` naming a column that it cannot read
 */
export const toColumns = (schema: ArrowSchema): Schema =>
  schema.fields.map((field) => ({ name: field.name, type: duckdbType(field) }));

function duckdbType(field: Field): string {
  const { type, metadata } = field;
  const known = metadata.get(typeKey) ?? extensionType(metadata);
  if (known !== undefined) return known;
  if (DataType.isDictionary(type)) return plainType(type.dictionary) ?? refuse(field);
  return nestedType(type) ?? plainType(type) ?? refuse(field);
}

const extensionTypes: Readonly<Record<string, string>> = {
  'arrow.uuid': 'UUID',
  'arrow.json': 'JSON',
  'arrow.bool8': 'BOOLEAN',
  hugeint: 'HUGEINT',
  uhugeint: 'UHUGEINT',
  bit: 'BIT',
  bignum: 'BIGNUM',
  time_tz: 'TIME WITH TIME ZONE',
};

function extensionType(metadata: ReadonlyMap<string, string>): string | undefined {
  const name = metadata.get('ARROW:extension:name') ?? '';
  if (name !== 'arrow.opaque') return extensionTypes[name];
  const found = /"type_name"\s*:\s*"(\w+)"/.exec(metadata.get('ARROW:extension:metadata') ?? '');
  return extensionTypes[found?.[1] ?? ''];
}

function nestedType(type: DataType): string | undefined {
  const inner = (place = 0): string => {
    const child: Field | undefined = type.children?.[place];
    return child === undefined ? 'VARCHAR' : duckdbType(child);
  };
  if (DataType.isList(type) || DataType.isLargeList(type)) return `${inner()}[]`;
  if (DataType.isFixedSizeList(type)) return `${inner()}[${type.listSize}]`;
  if (DataType.isStruct(type)) return structType(type.children);
  if (!DataType.isMap(type)) return undefined;
  const [key, value] = (type.children[0]?.type.children ?? []) as Field[];
  return key && value ? `MAP(${duckdbType(key)}, ${duckdbType(value)})` : undefined;
}

const structType = (fields: readonly Field[]): string =>
  `STRUCT(${fields.map((field) => `${quoteName(field.name)} ${duckdbType(field)}`).join(', ')})`;

function plainType(type: DataType): string | undefined {
  if (DataType.isNull(type)) return 'INTEGER';
  if (DataType.isBool(type)) return 'BOOLEAN';
  if (DataType.isInt(type)) return (type.isSigned ? '' : 'U') + (integers[type.bitWidth] ?? 'BIGINT');
  if (DataType.isFloat(type)) return floats[type.precision];
  if (DataType.isDecimal(type)) return type.bitWidth <= 128 ? `DECIMAL(${type.precision},${type.scale})` : undefined;
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return 'VARCHAR';
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isFixedSizeBinary(type)) return 'BLOB';
  if (DataType.isDate(type)) return 'DATE';
  if (DataType.isTime(type)) return type.unit === TimeUnit.NANOSECOND ? 'TIME_NS' : 'TIME';
  if (DataType.isTimestamp(type)) return type.timezone ? 'TIMESTAMP WITH TIME ZONE' : timestamps[type.unit];
  if (DataType.isInterval(type) || DataType.isDuration(type)) return 'INTERVAL';
  return undefined;
}

const integers: Readonly<Record<number, string>> = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' };
const floats: readonly (string | undefined)[] = [undefined, 'FLOAT', 'DOUBLE'];
const timestamps: Readonly<Record<TimeUnit, string>> = {
  [TimeUnit.SECOND]: 'TIMESTAMP_S',
  [TimeUnit.MILLISECOND]: 'TIMESTAMP_MS',
  [TimeUnit.MICROSECOND]: 'TIMESTAMP',
  [TimeUnit.NANOSECOND]: 'TIMESTAMP_NS',
};

function refuse({ name, type }: Field): never {
  throw new SheafError('NOT_SUPPORTED', `Column ${name} has the Arrow type ${type}, which DuckDB cannot read`, {
    next: 'Convert it to another type before you pass the table.',
  });
}
