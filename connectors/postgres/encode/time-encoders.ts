import { FixedEncoder } from './encoder.ts';

/** PostgreSQL counts from 2000-01-01. */
const daysTo2000 = 10_957;
const microsTo2000 = BigInt(daysTo2000) * 86_400_000_000n;
const microsLow = Number(microsTo2000 & 0xffff_ffffn);
const microsHigh = Number(microsTo2000 >> 32n);

/** Infinite dates are DuckDB's largest number of days and its negative; PostgreSQL's are the largest and the least. */
const infinity32 = 0x7fffffff;

/** Days since 1970, as `date`. */
export class DateEncoder extends FixedEncoder<Int32Array> {
  constructor() {
    super(4, Int32Array);
  }

  protected put(row: number, out: DataView, at: number): void {
    const days = this.values[row] as number;
    if (days === infinity32) out.setInt32(at, infinity32);
    else out.setInt32(at, days === -infinity32 ? ~infinity32 : days - daysTo2000);
  }
}

/** Microseconds since 1970. */
export class TimestampEncoder extends FixedEncoder<Int32Array> {
  constructor() {
    super(8, Int32Array);
  }

  protected put(row: number, out: DataView, at: number): void {
    const low = (this.values[2 * row] as number) >>> 0;
    const high = this.values[2 * row + 1] as number;
    const isInfinite = high === infinity32 && low === 0xffff_ffff;
    const isMinusInfinite = high === ~infinity32 && low <= 1;
    const difference = low - microsLow;
    out.setInt32(at, isInfinite || isMinusInfinite ? high : high - microsHigh - (difference < 0 ? 1 : 0));
    out.setInt32(at + 4, isInfinite || isMinusInfinite ? (isInfinite ? -1 : 0) : difference | 0);
  }
}

/** Other units since 1970, down to the microsecond that they are in. */
export class ScaledTimestampEncoder extends FixedEncoder<BigInt64Array> {
  readonly #perSecond: bigint;

  constructor(perSecond: number) {
    super(8, BigInt64Array);
    this.#perSecond = BigInt(perSecond);
  }

  protected put(row: number, out: DataView, at: number): void {
    const micros = this.values[row] as bigint;
    out.setBigInt64(at, floorDivide(micros * 1_000_000n, this.#perSecond) - microsTo2000);
  }
}

const floorDivide = (value: bigint, by: bigint): bigint => (value - (((value % by) + by) % by)) / by;

/** Nanoseconds since midnight. */
export class NanosecondTimeEncoder extends FixedEncoder<BigInt64Array> {
  constructor() {
    super(8, BigInt64Array);
  }

  protected put(row: number, out: DataView, at: number): void {
    out.setBigInt64(at, (this.values[row] as bigint) / 1000n);
  }
}

/** DuckDB packs microseconds and the offset east of Greenwich, counted down from the largest. */
const zoneSecondsMax = 16 * 3600 - 1;

/** DuckDB's times of a zone, as `timetz`. */
export class TimeTzEncoder extends FixedEncoder<BigInt64Array> {
  constructor() {
    super(12, BigInt64Array);
  }

  protected put(row: number, out: DataView, at: number): void {
    const packed = this.values[row] as bigint;
    out.setBigInt64(at, packed >> 24n);
    out.setInt32(at + 8, Number(packed & 0xffffffn) - zoneSecondsMax);
  }
}

/** Arrow: months, days, nanoseconds. PostgreSQL: microseconds, days, months. */
export class IntervalEncoder extends FixedEncoder<BigInt64Array> {
  constructor() {
    super(16, BigInt64Array);
  }

  protected put(row: number, out: DataView, at: number): void {
    const [daysAndMonths, nanoseconds] = [this.values[2 * row] as bigint, this.values[2 * row + 1] as bigint];
    out.setBigInt64(at, nanoseconds / 1000n);
    out.setInt32(at + 8, Number(daysAndMonths >> 32n));
    out.setInt32(at + 12, Number(BigInt.asIntN(32, daysAndMonths)));
  }
}
