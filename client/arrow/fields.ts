import {
  Schema as ArrowSchema,
  Binary,
  Bool,
  type DataType,
  DateDay,
  Decimal,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  IntervalMonthDayNano,
  List,
  Map_,
  Struct,
  TimeMicrosecond,
  TimeNanosecond,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow';
import { typeKey } from '../../shared/arrow/fields.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Schema } from '../../shared/schema.ts';
import { parseType, type TypeText } from './type-text.ts';

/** Columns in DuckDB's words as the Arrow schema in which the cluster sends and takes them. */
export const toArrowSchema = (columns: Schema): ArrowSchema =>
  new ArrowSchema(columns.map(({ name, type }) => toField(name, type)));

function toField(name: string, text: string): Field {
  const type = parseType(text);
  const field = fieldOf(name, type);
  return holdsEnum(type) ? new Field(name, field.type, true, new Map([...field.metadata, [typeKey, text]])) : field;
}

/** Enums travel as their values; the type to cast them back to stands beside the whole column. */
function holdsEnum(type: TypeText): boolean {
  switch (type.kind) {
    case 'plain':
      return type.name === 'ENUM';
    case 'struct':
      return type.fields.some((field) => holdsEnum(field.type));
    case 'map':
      return holdsEnum(type.key) || holdsEnum(type.value);
    default:
      return holdsEnum(type.element);
  }
}

function fieldOf(name: string, type: TypeText, nullable = true): Field {
  switch (type.kind) {
    case 'list':
      return new Field(name, new List(fieldOf('l', type.element)), nullable);
    case 'array':
      return new Field(name, new FixedSizeList(type.size, fieldOf('', type.element)), nullable);
    case 'struct':
      return new Field(name, new Struct(type.fields.map((field) => fieldOf(field.name, field.type))), nullable);
    case 'map': {
      const entries = new Struct([fieldOf('key', type.key, false), fieldOf('value', type.value)]);
      return new Field(name, new Map_(new Field('entries', entries, false)), nullable);
    }
    case 'plain':
      return plainField(name, type, nullable);
  }
}

function plainField(name: string, { name: type, parameters }: TypeText & { kind: 'plain' }, nullable: boolean): Field {
  if (/^(DECIMAL|NUMERIC|DEC)$/.test(type)) return new Field(name, decimal(parameters), nullable);
  const opaque = opaqueTypes[type];
  if (opaque !== undefined) return new Field(name, opaque.storage(), nullable, extension(opaque));
  const make = plainTypes[type];
  if (make !== undefined) return new Field(name, make(), nullable);
  throw new SheafError('NOT_SUPPORTED', `Column ${name} has the type ${type}, which a client cannot send or take`, {
    next: 'Use another type, for example VARCHAR, and cast it in SQL.',
  });
}

/** DuckDB's DECIMAL is DECIMAL(18,3), DECIMAL(9) is DECIMAL(9,0). */
const decimal = ([precision, scale]: readonly string[]): Decimal =>
  precision === undefined ? new Decimal(3, 18, 128) : new Decimal(Number(scale ?? 0), Number(precision), 128);

const plainTypes: Readonly<Record<string, () => DataType>> = {
  ...named(() => new Bool(), 'BOOLEAN', 'BOOL', 'LOGICAL'),
  ...named(() => new Int8(), 'TINYINT', 'INT1'),
  ...named(() => new Int16(), 'SMALLINT', 'INT2', 'SHORT', 'INT16'),
  ...named(() => new Int32(), 'INTEGER', 'INT', 'INT4', 'SIGNED', 'INT32'),
  ...named(() => new Int64(), 'BIGINT', 'INT8', 'LONG', 'INT64'),
  ...named(() => new Uint8(), 'UTINYINT', 'UINT8'),
  ...named(() => new Uint16(), 'USMALLINT', 'UINT16'),
  ...named(() => new Uint32(), 'UINTEGER', 'UINT32'),
  ...named(() => new Uint64(), 'UBIGINT', 'UINT64'),
  ...named(() => new Float32(), 'FLOAT', 'FLOAT4', 'REAL'),
  ...named(() => new Float64(), 'DOUBLE', 'FLOAT8'),
  ...named(() => new Utf8(), 'VARCHAR', 'TEXT', 'STRING', 'CHAR', 'BPCHAR', 'NVARCHAR', 'ENUM'),
  ...named(() => new Binary(), 'BLOB', 'BYTEA', 'BINARY', 'VARBINARY'),
  ...named(() => new DateDay(), 'DATE'),
  ...named(() => new TimeMicrosecond(), 'TIME', 'TIME WITHOUT TIME ZONE'),
  ...named(() => new TimeNanosecond(), 'TIME_NS'),
  ...named(() => new TimestampMicrosecond(), 'TIMESTAMP', 'DATETIME', 'TIMESTAMP_US', 'TIMESTAMP WITHOUT TIME ZONE'),
  ...named(() => new TimestampSecond(), 'TIMESTAMP_S'),
  ...named(() => new TimestampMillisecond(), 'TIMESTAMP_MS'),
  ...named(() => new TimestampNanosecond(), 'TIMESTAMP_NS'),
  ...named(() => new TimestampMicrosecond('UTC'), 'TIMESTAMPTZ', 'TIMESTAMP WITH TIME ZONE'),
  ...named(() => new IntervalMonthDayNano(), 'INTERVAL'),
};

function named(make: () => DataType, ...names: readonly string[]): Record<string, () => DataType> {
  return Object.fromEntries(names.map((name) => [name, make]));
}

interface Opaque {
  readonly extension: string;
  readonly metadata: string;
  readonly storage: () => DataType;
}

const ofDuckdb = (name: string, storage: () => DataType): Opaque => ({
  extension: 'arrow.opaque',
  metadata: JSON.stringify({ type_name: name, vendor_name: 'DuckDB' }),
  storage,
});

const bytes16 = (): DataType => new FixedSizeBinary(16);
const timeTz = ofDuckdb('time_tz', () => new FixedSizeBinary(8));
const bit = ofDuckdb('bit', () => new Binary());

/** Types of DuckDB's own, with Arrow's names of extensions on plain storage. */
const opaqueTypes: Readonly<Record<string, Opaque>> = {
  HUGEINT: ofDuckdb('hugeint', bytes16),
  INT128: ofDuckdb('hugeint', bytes16),
  UHUGEINT: ofDuckdb('uhugeint', bytes16),
  UINT128: ofDuckdb('uhugeint', bytes16),
  BIT: bit,
  BITSTRING: bit,
  BIGNUM: ofDuckdb('bignum', () => new Binary()),
  TIMETZ: timeTz,
  'TIME WITH TIME ZONE': timeTz,
  UUID: { extension: 'arrow.uuid', metadata: '', storage: bytes16 },
  JSON: { extension: 'arrow.json', metadata: '', storage: () => new Utf8() },
};

const extension = ({ extension: name, metadata }: Opaque): Map<string, string> =>
  new Map([
    ['ARROW:extension:metadata', metadata],
    ['ARROW:extension:name', name],
  ]);
