import { plural } from '../quantities.ts';
/** The types without a JavaScript value of their own, as text both ways: as DuckDB prints and reads them. */

/** `-12.340` for an unscaled integer of scale 3. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale));
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The unscaled integer, rounded half away from zero as SQL does; null if the text is no number. */
export function decimalFromText(text: string, scale: number): bigint | null {
  const found = /^\s*([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,4}))?\s*$/.exec(text);
  const [, sign, whole = '', fraction = '', exponent = '0'] = found ?? [];
  if (found === null || whole + fraction === '') return null;
  const shift = scale - fraction.length + Number(exponent);
  const digits = BigInt(whole + fraction);
  const magnitude = shift >= 0 ? digits * 10n ** BigInt(shift) : roundedQuotient(digits, 10n ** BigInt(-shift));
  return sign === '-' ? -magnitude : magnitude;
}

const roundedQuotient = (value: bigint, by: bigint): bigint => (value + by / 2n) / by;

/** `HH:MM:SS[.ffffff]` of ticks since midnight. */
export function timeText(ticks: number, perSecond: number): string {
  const seconds = Math.floor(ticks / perSecond);
  const within = ticks - seconds * perSecond;
  const fraction =
    within === 0
      ? ''
      : `.${String(within)
          .padStart(String(perSecond).length - 1, '0')
          .replace(/0+$/, '')}`;
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${fraction}`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Ticks since midnight (24:00:00 at most); null if the text is no time. */
export function timeFromText(text: string, perSecond: number): number | null {
  const found = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?$/.exec(text);
  if (found === null) return null;
  const [hours, minutes, seconds] = [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
  const nanos = Number((found[4] ?? '').padEnd(9, '0'));
  const total = hours * 3600 + minutes * 60 + seconds;
  if (minutes > 59 || seconds > 59 || total > 86_400 || (total === 86_400 && nanos > 0)) return null;
  return total * perSecond + Math.floor((nanos * perSecond) / 1e9);
}

/** DuckDB packs a time with its zone: microseconds above 24 bits that hold the offset counted down from the largest. */
const zoneSecondsMax = 16 * 3600 - 1;

/** DuckDB's packed time of a zone as text: `12:34:56.789+02`. */
export function timeTzText(packed: bigint): string {
  const offset = zoneSecondsMax - Number(packed & 0xffffffn);
  const seconds = Math.abs(offset);
  const parts = [two(Math.floor(seconds / 3600)), two(Math.floor(seconds / 60) % 60), two(seconds % 60)];
  while (parts.length > 1 && parts.at(-1) === '00') parts.pop();
  return `${timeText(Number(packed >> 24n), 1_000_000)}${offset < 0 ? '-' : '+'}${parts.join(':')}`;
}

/** The reverse of {@link timeTzText}; null if the text is none. */
export function timeTzFromText(text: string): bigint | null {
  const found = /^([\d:.]+)([+-])(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?$/.exec(text);
  const micros = timeFromText(found?.[1] ?? '', 1_000_000);
  if (found === null || micros === null) return null;
  const seconds = Number(found[3]) * 3600 + Number(found[4] ?? 0) * 60 + Number(found[5] ?? 0);
  if (seconds > zoneSecondsMax) return null;
  return (BigInt(micros) << 24n) | BigInt(zoneSecondsMax - (found[2] === '-' ? -seconds : seconds));
}

interface IntervalParts {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}

/** `1 year 2 months 3 days 04:05:06.7`. */
export function intervalText({ months, days, micros }: IntervalParts): string {
  const years = Math.trunc(months / 12);
  const parts = [counted(years, 'year'), counted(months - years * 12, 'month'), counted(days, 'day')];
  const size = micros < 0n ? -micros : micros;
  const isZero = months === 0 && days === 0 && micros === 0n;
  if (size > 0n || isZero) parts.push(`${micros < 0n ? '-' : ''}${timeText(Number(size), 1_000_000)}`);
  return parts.filter((part) => part !== '').join(' ');
}

const counted = (value: number, unit: string): string => (value === 0 ? '' : plural(value, unit));

/** Reads what `intervalText` writes, and `2 hours 30 minutes` as well; null if the text is no interval. */
export function intervalFromText(text: string): IntervalParts | null {
  let [months, days, micros] = [0, 0, 0n];
  const rest = text
    .trim()
    .replace(/([+-]?\d+)\s+(year|month|mon|week|day|hour|minute|second)s?\b/gi, (_, count, unit) => {
      const factor = monthsOf[unit.toLowerCase()];
      const inDays = daysOf[unit.toLowerCase()];
      if (factor !== undefined) months += Number(count) * factor;
      else if (inDays !== undefined) days += Number(count) * inDays;
      else micros += BigInt(count) * (microsOf[unit.toLowerCase()] ?? 0n);
      return '';
    });
  const clock = /^\s*(?:(-?)(\d+):(\d{2}):(\d{2})(?:\.(\d{1,6}))?)?\s*$/.exec(rest);
  if (clock === null || text.trim() === '') return null;
  const seconds = Number(clock[2] ?? 0) * 3600 + Number(clock[3] ?? 0) * 60 + Number(clock[4] ?? 0);
  const size = BigInt(seconds) * 1_000_000n + BigInt((clock[5] ?? '').padEnd(6, '0'));
  return { months, days, micros: micros + (clock[1] === '-' ? -size : size) };
}

const monthsOf: Readonly<Record<string, number>> = { year: 12, month: 1, mon: 1 };
const daysOf: Readonly<Record<string, number>> = { week: 7, day: 1 };
const microsOf: Readonly<Record<string, bigint>> = { hour: 3_600_000_000n, minute: 60_000_000n, second: 1_000_000n };

/** The canonical form of 16 bytes. */
export function uuidText(bytes: Uint8Array, at: number): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset + at, 16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The sixteen bytes of a UUID; null if the text is none. */
export function uuidFromText(text: string): Uint8Array | null {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) ? Buffer.from(text.replaceAll('-', ''), 'hex') : null;
}

/** DuckDB's BIT: one byte that counts the padding bits, then the bits, padding (ones) first. */
export function bitText(bytes: Uint8Array): string {
  const all = [...bytes.subarray(1)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return all.slice(bytes[0] ?? 0);
}

/** The reverse of {@link bitText}; null if the text is none. */
export function bitFromText(text: string): Uint8Array | null {
  if (!/^[01]+$/.test(text)) return null;
  const padding = (8 - (text.length % 8)) % 8;
  const bits = '1'.repeat(padding) + text;
  return Uint8Array.from([padding, ...(bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))]);
}

/** A number of any width from its little-endian 64-bit words. */
export function wideInteger(words: BigUint64Array, first: number, count: number, signed: boolean): bigint {
  let value = 0n;
  for (let i = count - 1; i >= 0; i--) value = (value << 64n) | (words[first + i] ?? 0n);
  return signed ? BigInt.asIntN(64 * count, value) : value;
}
