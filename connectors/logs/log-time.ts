const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** By the sum of the name's bytes with weights: three bytes as one number. */
const monthByKey = new Map(months.map((name, i) => [keyOf(Buffer.from(name), 0), i]));

function keyOf(text: Uint8Array, at: number): number {
  return ((text[at] as number) << 16) | ((text[at + 1] as number) << 8) | (text[at + 2] as number);
}

/** Lines come in the order of their times: the day of the last one is mostly the day of the next. */
let lastDay = { day: -1, month: -1, year: -1, startMs: 0 };

/**
 * Microseconds since 1970 in UTC of `[31/Dec/2026:23:59:59 +0100]`; undefined if the text is none. A leap second counts
 * as the second after it.
 */
export function logTime(text: Uint8Array, from: number, to: number): number | undefined {
  if (from + 28 > to || text[from + 27] !== 0x5d || text[from + 3] !== 0x2f || text[from + 7] !== 0x2f)
    return undefined;
  if (text[from + 12] !== 0x3a || text[from + 15] !== 0x3a || text[from + 18] !== 0x3a || text[from + 21] !== 0x20)
    return undefined;
  const day = two(text, from + 1);
  const month = keyOf(text, from + 4);
  const year = two(text, from + 8) * 100 + two(text, from + 10);
  const [hour, minute, second] = [two(text, from + 13), two(text, from + 16), two(text, from + 19)];
  const zone = two(text, from + 23) * 60 + two(text, from + 25);
  const sign = text[from + 22] === 0x2d ? -1 : text[from + 22] === 0x2b ? 1 : Number.NaN;
  if (!(hour < 24 && minute < 60 && second <= 60 && zone < 24 * 60)) return undefined;
  const startMs = dayStart(day, month, year);
  const ms = startMs + ((hour * 60 + minute - sign * zone) * 60 + second) * 1000;
  return Number.isNaN(ms) ? undefined : ms * 1000;
}

function dayStart(day: number, monthKey: number, year: number): number {
  if (day === lastDay.day && monthKey === lastDay.month && year === lastDay.year) return lastDay.startMs;
  const month = monthByKey.get(monthKey);
  if (month === undefined || Number.isNaN(day + year)) return Number.NaN;
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (date.getUTCDate() !== day) return Number.NaN;
  lastDay = { day, month: monthKey, year, startMs: date.getTime() };
  return lastDay.startMs;
}

/** Two digits; NaN if they are none. */
function two(text: Uint8Array, at: number): number {
  const [tens, ones] = [(text[at] as number) - 0x30, (text[at + 1] as number) - 0x30];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
