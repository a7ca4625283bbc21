import {
  Binary,
  Bool,
  DataType,
  Date_,
  DateUnit,
  Decimal,
  Duration,
  type Field,
  FixedSizeBinary,
  FixedSizeList,
  Float,
  Int,
  Interval,
  IntervalUnit,
  LargeBinary,
  LargeList,
  LargeUtf8,
  List,
  Map_,
  Null,
  Precision,
  Struct,
  Time,
  Timestamp,
  type TimeUnit,
  Union,
  UnionMode,
  Utf8,
} from 'apache-arrow';
import { SheafError } from '../errors.ts';

/**
 * Type strings of the Arrow C Data Interface, both ways.
 * https://arrow.apache.org/docs/format/CDataInterface.html#data-type-description-format-strings
 */
const simpleTypes: Readonly<Record<string, () => DataType>> = {
  n: () => new Null(),
  b: () => new Bool(),
  c: () => new Int(true, 8),
  C: () => new Int(false, 8),
  s: () => new Int(true, 16),
  S: () => new Int(false, 16),
  i: () => new Int(true, 32),
  I: () => new Int(false, 32),
  l: () => new Int(true, 64),
  L: () => new Int(false, 64),
  e: () => new Float(Precision.HALF),
  f: () => new Float(Precision.SINGLE),
  g: () => new Float(Precision.DOUBLE),
  u: () => new Utf8(),
  U: () => new LargeUtf8(),
  z: () => new Binary(),
  Z: () => new LargeBinary(),
  tdD: () => new Date_(DateUnit.DAY),
  tdm: () => new Date_(DateUnit.MILLISECOND),
  tiM: () => new Interval(IntervalUnit.YEAR_MONTH),
  tiD: () => new Interval(IntervalUnit.DAY_TIME),
  tin: () => new Interval(IntervalUnit.MONTH_DAY_NANO),
};

const nestedTypes: Readonly<Record<string, (children: Field[], first: Field) => DataType>> = {
  '+l': (_, first) => new List(first),
  '+L': (_, first) => new LargeList(first),
  '+m': (_, first) => new Map_(first),
  '+s': (children) => new Struct(children),
};

const units = 'smun'; // in the order of TimeUnit

/** Patterns with parameters: the groups are passed on. */
const patterns: readonly (readonly [RegExp, (groups: string[], children: Field[]) => DataType])[] = [
  [/^w:(\d+)$/, ([width]) => new FixedSizeBinary(Number(width))],
  [/^d:(\d+),(-?\d+)(?:,(\d+))?$/, ([precision, scale, bits]) => decimal(Number(precision), Number(scale), bits)],
  [/^tt([smun])$/, ([unit = 's']) => new Time(unitOf(unit), 'sm'.includes(unit) ? 32 : 64)],
  [/^tD([smun])$/, ([unit = 's']) => new Duration(unitOf(unit))],
  [/^ts([smun]):(.*)$/, ([unit = 's', zone]) => new Timestamp(unitOf(unit), zone === '' ? null : zone)],
  [/^\+w:(\d+)$/, ([size], children) => new FixedSizeList(Number(size), one(children))],
  [/^\+us:([\d,]*)$/, ([ids], children) => new Union(UnionMode.Sparse, numbers(ids), children)],
  [/^\+ud:([\d,]*)$/, ([ids], children) => new Union(UnionMode.Dense, numbers(ids), children)],
];

/** @throws SheafError `NOT_SUPPORTED` for formats that have no plain layout */
export function typeOfFormat(format: string, children: Field[]): DataType {
  const simple = simpleTypes[format];
  if (simple !== undefined) return simple();
  const nested = nestedTypes[format];
  if (nested !== undefined) return nested(children, one(children, format === '+s'));
  for (const [pattern, make] of patterns) {
    const found = pattern.exec(format);
    if (found !== null) return make(found.slice(1), children);
  }
  throw new SheafError('NOT_SUPPORTED', `Arrow format '${format}' is not supported`, {
    next: 'Cast the column to another type in SQL.',
  });
}

/** @throws SheafError `NOT_SUPPORTED` for dictionaries and views */
export function formatOfType(type: DataType): string {
  if (DataType.isDecimal(type)) return `d:${type.precision},${type.scale},${type.bitWidth}`;
  if (DataType.isTime(type)) return `tt${units[type.unit]}`;
  if (DataType.isTimestamp(type)) return `ts${units[type.unit]}:${type.timezone ?? ''}`;
  if (DataType.isDuration(type)) return `tD${units[type.unit]}`;
  if (DataType.isFixedSizeBinary(type)) return `w:${type.byteWidth}`;
  if (DataType.isFixedSizeList(type)) return `+w:${type.listSize}`;
  if (DataType.isUnion(type))
    return `+u${type.mode === UnionMode.Sparse ? 's' : 'd'}:${Array.from(type.typeIds).join()}`;
  if (DataType.isList(type)) return '+l';
  if (DataType.isLargeList(type)) return '+L';
  if (DataType.isMap(type)) return '+m';
  if (DataType.isStruct(type)) return '+s';
  const text = String(type);
  const format = Object.keys(simpleTypes).find((key) => String(simpleTypes[key]?.()) === text);
  if (format !== undefined) return format;
  throw new SheafError('NOT_SUPPORTED', `Arrow type ${text} has no plain form in the C Data Interface`, {
    next: 'Cast the column to a plain type first, without dictionaries and views.',
  });
}

const unitOf = (unit: string): TimeUnit => units.indexOf(unit);

const numbers = (list = ''): number[] => (list === '' ? [] : list.split(',').map(Number));

const decimal = (precision: number, scale: number, bits = '128'): Decimal =>
  new Decimal(scale, precision, Number(bits));

function one(children: Field[], optional = false): Field {
  const [child] = children;
  if (child !== undefined || optional) return child as Field;
  throw new SheafError('NOT_SUPPORTED', 'An Arrow list came without its child', {
    next: 'Check what made it: a list names the type of its values.',
  });
}

/** Key-value metadata of the C Data Interface: counts and lengths are native int32, here little-endian. */
export function encodeMetadata(metadata: ReadonlyMap<string, string>): Uint8Array<ArrayBuffer> {
  const texts = [...metadata].flat().map((text) => Buffer.from(text));
  const out = Buffer.alloc(4 + texts.reduce((sum, text) => sum + 4 + text.length, 0));
  let at = out.writeInt32LE(metadata.size, 0);
  for (const text of texts) {
    at = out.writeInt32LE(text.length, at);
    at += text.copy(out, at);
  }
  return out;
}

/** @param read returns bytes `[from, from + length)` of the metadata */
export function decodeMetadata(read: (from: number, length: number) => Uint8Array): Map<string, string> {
  let at = 0;
  const next = (length: number): Buffer => {
    at += length;
    return Buffer.from(read(at - length, length));
  };
  const text = (): string => {
    const length = next(4).readInt32LE();
    return next(length).toString();
  };
  const count = next(4).readInt32LE();
  return new Map(Array.from({ length: count }, () => [text(), text()] as const));
}
