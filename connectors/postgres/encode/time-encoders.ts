import { type ColumnView, typed } from '../../../shared/types/column-view.ts';
import { FixedEncoder } from './encoder.ts';

/** PostgreSQL counts from 2000-01-01. */
const daysTo2000 = 10_957;
const microsTo2000 = BigInt(daysTo2000) * 86_400_000_000n;
const microsLow = Number(microsTo2000 & 0xffff_ffffn);
const microsHigh = Number(microsTo2000 >> 32n);

/** Infinite dates are DuckDB's largest number of days and its negative; PostgreSQL's are the largest and the least. */
const infinity32 = 0x7fffffff;

export class DateEncoder extends FixedEncoder {
  #days = new Int32Array(0);

  constructor() {
    super(4);
  }

  protected open(view: ColumnView): void {
    this.#days = typed(Int32Array, view.values);
  }

  protected put(row: number, out: DataView, at: number): void {
    const days = this.#days[row] as number;
    if (days === infinity32) out.setInt32(at, infinity32);
    else out.setInt32(at, days === -infinity32 ? ~infinity32 : days - daysTo2000);
  }
}

/** Microseconds since 1970. */
export class TimestampEncoder extends FixedEncoder {
  #words = new Int32Array(0);

  constructor() {
    super(8);
  }

  protected open(view: ColumnView): void {
    this.#words = typed(Int32Array, view.values);
  }

  protected put(row: number, out: DataView, at: number): void {
    const low = (this.#words[2 * row] as number) >>> 0;
    const high = this.#words[2 * row + 1] as number;
    const isInfinite = high === infinity32 && low === 0xffff_ffff;
    const isMinusInfinite = high === ~infinity32 && low <= 1;
    const difference = low - microsLow;
    out.setInt32(at, isInfinite || isMinusInfinite ? high : high - microsHigh - (difference < 0 ? 1 : 0));
    out.setInt32(at + 4, isInfinite || isMinusInfinite ? (isInfinite ? -1 : 0) : difference | 0);
  }
}

/** Other units since 1970, down to the microsecond that they are in. */
export class ScaledTimestampEncoder extends FixedEncoder {
  readonly #perSecond: bigint;
  #ticks = new BigInt64Array(0);

  constructor(perSecond: number) {
    super(8);
    this.#perSecond = BigInt(perSecond);
  }

  protected open(view: ColumnView): void {
    this.#ticks = typed(BigInt64Array, view.values);
  }

  protected put(row: number, out: DataView, at: number): void {
    const micros = this.#ticks[row] as bigint;
    out.setBigInt64(at, floorDivide(micros * 1_000_000n, this.#perSecond) - microsTo2000);
  }
}

const floorDivide = (value: bigint, by: bigint): bigint => (value - (((value % by) + by) % by)) / by;

/** Nanoseconds since midnight. */
export class NanosecondTimeEncoder extends FixedEncoder {
  #ticks = new BigInt64Array(0);

  constructor() {
    super(8);
  }

  protected open(view: ColumnView): void {
    this.#ticks = typed(BigInt64Array, view.values);
  }

  protected put(row: number, out: DataView, at: number): void {
    out.setBigInt64(at, (this.#ticks[row] as bigint) / 1000n);
  }
}

/** DuckDB packs microseconds and the offset east of Greenwich, counted down from the largest. */
const zoneSecondsMax = 16 * 3600 - 1;

export class TimeTzEncoder extends FixedEncoder {
  #packed = new BigInt64Array(0);

  constructor() {
    super(12);
  }

  protected open(view: ColumnView): void {
    this.#packed = typed(BigInt64Array, view.values);
  }

  protected put(row: number, out: DataView, at: number): void {
    const packed = this.#packed[row] as bigint;
    out.setBigInt64(at, packed >> 24n);
    out.setInt32(at + 8, Number(packed & 0xffffffn) - zoneSecondsMax);
  }
}

/** Arrow: months, days, nanoseconds. PostgreSQL: microseconds, days, months. */
export class IntervalEncoder extends FixedEncoder {
  #values: DataView = new DataView(new ArrayBuffer(0));

  constructor() {
    super(16);
  }

  protected open({ values }: ColumnView): void {
    this.#values = new DataView(values.buffer, values.byteOffset, values.byteLength);
  }

  protected put(row: number, out: DataView, at: number): void {
    const from = 16 * row;
    out.setBigInt64(at, this.#values.getBigInt64(from + 8, true) / 1000n);
    out.setInt32(at + 8, this.#values.getInt32(from + 4, true));
    out.setInt32(at + 12, this.#values.getInt32(from, true));
  }
}
