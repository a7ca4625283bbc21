import { DataType, type Decimal, TimeUnit } from 'apache-arrow';

/**
 * A value of an Arrow vector as text for people, much as DuckDB prints it.
 *
 * @param value from `vector.get(i)`
 * @param type of the vector
 */
export function formatValue(value: unknown, type: DataType): string {
  if (value === null || value === undefined) return 'null';
  if (DataType.isDictionary(type)) return formatValue(value, type.dictionary);
  if (DataType.isDecimal(type)) return formatDecimal(value as Uint32Array, type);
  if (DataType.isTimestamp(type)) return formatTimestamp(Number(value), type.timezone);
  if (DataType.isDate(type)) return isoText(Number(value)).slice(0, 10);
  if (DataType.isTime(type)) return formatTime(Number(value) / perSecond[type.unit]);
  if (DataType.isFloat(type)) return formatFloat(Number(value));
  if (DataType.isInterval(type)) return formatInterval(value as Int32Array);
  if (DataType.isList(type) || DataType.isFixedSizeList(type)) return formatList(value, type.children[0]?.type);
  if (DataType.isStruct(type)) return formatStruct(value as Readonly<Record<string, unknown>>, type.children);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return String(value);
}

/** Whether values of the type read best aligned at their right ends. */
export const isNumeric = (type: DataType): boolean =>
  DataType.isInt(type) || DataType.isFloat(type) || DataType.isDecimal(type);

const perSecond: Readonly<Record<TimeUnit, number>> = {
  [TimeUnit.SECOND]: 1,
  [TimeUnit.MILLISECOND]: 1e3,
  [TimeUnit.MICROSECOND]: 1e6,
  [TimeUnit.NANOSECOND]: 1e9,
};

/** Twelve digits: what computers add beyond is noise to people. */
function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return String(Number(value.toPrecision(12)));
}

/** Two's complement in 32-bit words, lowest first. */
function formatDecimal(words: Uint32Array, { scale }: Decimal): string {
  const unsigned = Array.from(words).reduceRight((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n);
  const value = BigInt.asIntN(32 * words.length, unsigned);
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return value < 0n ? `-${text}` : text;
}

function formatTimestamp(milliseconds: number, timezone: string | null | undefined): string {
  const text = isoText(milliseconds)
    .replace('T', ' ')
    .replace(/\.000Z$|Z$/, '');
  return timezone ? `${text}+00` : text;
}

/** Dates beyond JavaScript's years exist in DuckDB, infinity among them. */
const isoText = (milliseconds: number): string =>
  Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds).toISOString() : `${milliseconds} ms`;

const formatTime = (seconds: number): string =>
  isoText(Math.floor(seconds * 1000))
    .slice(11)
    .replace(/\.000Z$|Z$/, '');

/** Months, days, then nanoseconds in 64 bits. */
function formatInterval(words: Int32Array): string {
  const [months = 0, days = 0, low = 0, high = 0] = words;
  const seconds = Number((BigInt(high) << 32n) | BigInt(low >>> 0)) / 1e9;
  const pieces = [months && `${months} months`, days && `${days} days`, seconds && `${seconds} seconds`];
  return pieces.filter(Boolean).join(' ') || '0 seconds';
}

const formatList = (value: unknown, type: DataType | undefined): string =>
  `[${Array.from(value as Iterable<unknown>, (item) => (type ? formatValue(item, type) : String(item))).join(', ')}]`;

const formatStruct = (
  value: Readonly<Record<string, unknown>>,
  fields: readonly { readonly name: string; readonly type: DataType }[],
): string => `{${fields.map(({ name, type }) => `${name}: ${formatValue(value[name], type)}`).join(', ')}}`;
