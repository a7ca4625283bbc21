import { DataType, type Field, IntervalUnit, TimeUnit } from 'apache-arrow';

/** How a column's values read and write as JavaScript, decided by its Arrow type and DuckDB's extension names on it. */
export type ValueKind =
  | { readonly kind: 'null' | 'bits' | 'bool8' | 'text' | 'bytes' | 'bit' | 'uuid' | 'timeTz' | 'interval' }
  | { readonly kind: 'number'; readonly array: NumberArray }
  | { readonly kind: 'bigint'; readonly array: 'BigInt64Array' | 'BigUint64Array' }
  /** 16 bytes, little-endian, two's complement if signed. */
  | { readonly kind: 'huge'; readonly signed: boolean }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number; readonly bytes: number }
  | { readonly kind: 'days' }
  /** Ticks since 1970 in a BigInt64Array. */
  | { readonly kind: 'timestamp'; readonly perSecond: number }
  | { readonly kind: 'time'; readonly perSecond: number; readonly bytes: 4 | 8 }
  | { readonly kind: 'fixedBytes'; readonly bytes: number }
  | { readonly kind: 'list' | 'struct' | 'map' }
  | { readonly kind: 'fixedList'; readonly size: number }
  | { readonly kind: 'unsupported' };

/** The typed arrays of values that JavaScript has as numbers. */
export type NumberArray =
  | ('Int8Array' | 'Int16Array' | 'Int32Array' | 'Uint8Array' | 'Uint16Array' | 'Uint32Array')
  | ('Float16Array' | 'Float32Array' | 'Float64Array');

/** Types that DuckDB exports as plain bytes, with their names beside them. */
const opaque: Readonly<Record<string, ValueKind>> = {
  hugeint: { kind: 'huge', signed: true },
  uhugeint: { kind: 'huge', signed: false },
  bit: { kind: 'bit' },
  time_tz: { kind: 'timeTz' },
};
const unsupported: ValueKind = { kind: 'unsupported' };

/** What a field's values are. */
export function valueKindOf({ type, metadata }: Field): ValueKind {
  switch (metadata.get('ARROW:extension:name')) {
    case 'arrow.bool8':
      return { kind: 'bool8' };
    case 'arrow.uuid':
      return { kind: 'uuid' };
    case 'arrow.opaque':
      return opaque[opaqueName(metadata)] ?? unsupported;
    default:
      return plainKind(type);
  }
}

function opaqueName(metadata: ReadonlyMap<string, string>): string {
  const text = metadata.get('ARROW:extension:metadata') ?? '';
  return /"type_name"\s*:\s*"(\w+)"/.exec(text)?.[1] ?? '';
}

function plainKind(type: DataType): ValueKind {
  if (DataType.isNull(type)) return { kind: 'null' };
  if (DataType.isBool(type)) return { kind: 'bits' };
  if (DataType.isInt(type)) return integerKind(type.bitWidth, type.isSigned);
  if (DataType.isFloat(type)) return { kind: 'number', array: floatArrays[type.precision] ?? 'Float64Array' };
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return { kind: 'text' };
  if (DataType.isBinary(type) || DataType.isLargeBinary(type)) return { kind: 'bytes' };
  if (DataType.isFixedSizeBinary(type)) return { kind: 'fixedBytes', bytes: type.byteWidth };
  if (DataType.isDecimal(type)) {
    return { kind: 'decimal', precision: type.precision, scale: type.scale, bytes: type.bitWidth / 8 };
  }
  return temporalKind(type) ?? nestedKind(type) ?? unsupported;
}

const floatArrays: readonly NumberArray[] = ['Float16Array', 'Float32Array', 'Float64Array'];

function integerKind(bits: number, signed: boolean): ValueKind {
  if (bits === 64) return { kind: 'bigint', array: signed ? 'BigInt64Array' : 'BigUint64Array' };
  return { kind: 'number', array: `${signed ? 'Int' : 'Uint'}${bits as 8 | 16 | 32}Array` };
}

const perSecond: Readonly<Record<TimeUnit, number>> = {
  [TimeUnit.SECOND]: 1,
  [TimeUnit.MILLISECOND]: 1000,
  [TimeUnit.MICROSECOND]: 1_000_000,
  [TimeUnit.NANOSECOND]: 1_000_000_000,
};

function temporalKind(type: DataType): ValueKind | null {
  if (DataType.isDate(type)) return type.unit === 0 ? { kind: 'days' } : { kind: 'timestamp', perSecond: 1000 };
  if (DataType.isTimestamp(type)) return { kind: 'timestamp', perSecond: perSecond[type.unit] };
  if (DataType.isTime(type)) {
    return { kind: 'time', perSecond: perSecond[type.unit], bytes: type.bitWidth === 32 ? 4 : 8 };
  }
  const isInterval = DataType.isInterval(type) && type.unit === IntervalUnit.MONTH_DAY_NANO;
  return isInterval ? { kind: 'interval' } : null;
}

function nestedKind(type: DataType): ValueKind | null {
  if (DataType.isList(type) || DataType.isLargeList(type)) return { kind: 'list' };
  if (DataType.isFixedSizeList(type)) return { kind: 'fixedList', size: type.listSize };
  if (DataType.isStruct(type)) return { kind: 'struct' };
  return DataType.isMap(type) ? { kind: 'map' } : null;
}
