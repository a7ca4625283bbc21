import type { BatchParts } from '../../../shared/types/builders/growing-column.ts';
import { CopyColumn, Values } from './column.ts';

/** Values of one width. `words` of 32 bits are little-endian, as Arrow has them on every machine that Node runs on. */
abstract class FixedColumn extends CopyColumn {
  protected readonly values: Values;

  constructor(width: number) {
    super();
    this.values = new Values(width);
  }

  protected resize(capacity: number): void {
    this.values.resize(capacity);
  }

  protected takeValues({ buffers }: BatchParts): void {
    buffers.push(this.values.take(this.length, this.capacity));
  }
}

/** `boolean`: a byte on the wire, a bit in Arrow. */
export class BooleanColumn extends FixedColumn {
  constructor() {
    super(1);
  }

  read(bytes: Buffer, _view: DataView, at: number): boolean {
    const row = this.next();
    this.values.bytes[row] = bytes[at] ?? 0;
    return true;
  }

  /** A bit each. */
  protected override takeValues({ buffers }: BatchParts): void {
    const { length } = this;
    const bytes = this.values.take(length, this.capacity);
    const bits = new Uint8Array(new ArrayBuffer(Math.max(128, (length + 7) >> 3)), 0, (length + 7) >> 3);
    for (let row = 0; row < length; row++) bits[row >> 3] = (bits[row >> 3] ?? 0) | ((bytes[row] ?? 0) << (row & 7));
    buffers.push(bits);
  }

  protected override fillNull(row: number): void {
    this.values.bytes[row] = 0;
  }
}

/** `smallint`. */
export class Int16Column extends FixedColumn {
  constructor() {
    super(2);
  }

  read(_bytes: Buffer, view: DataView, at: number): boolean {
    const row = this.next();
    this.values.data.setInt16(row * 2, view.getInt16(at), true);
    return true;
  }
}

/** Also floats: the same bits. */
export class Int32Column extends FixedColumn {
  constructor() {
    super(4);
  }

  read(_bytes: Buffer, view: DataView, at: number): boolean {
    const row = this.next();
    this.values.words[row] = view.getInt32(at);
    return true;
  }
}

/** Also doubles. */
export class Int64Column extends FixedColumn {
  constructor() {
    super(8);
  }

  read(_bytes: Buffer, view: DataView, at: number): boolean {
    const row = this.next();
    const { words } = this.values;
    words[2 * row] = view.getInt32(at + 4);
    words[2 * row + 1] = view.getInt32(at);
    return true;
  }
}

/** PostgreSQL counts days from 2000-01-01, Arrow from 1970-01-01. */
const daysTo2000 = 10_957;
const infinity32 = 0x7fffffff;

/** Infinite dates have no place. */
export class DateColumn extends FixedColumn {
  constructor() {
    super(4);
  }

  read(_bytes: Buffer, view: DataView, at: number): boolean {
    const days = view.getInt32(at);
    if (days === infinity32 || days === ~infinity32) return this.refuse();
    const row = this.next();
    this.values.words[row] = days + daysTo2000;
    return true;
  }
}

const microsTo2000 = BigInt(daysTo2000) * 86_400_000_000n;
const microsLow = Number(microsTo2000 & 0xffff_ffffn);
const microsHigh = Number(microsTo2000 >> 32n);

/** Infinite ones have no place, nor those after the year 294246, which Arrow's count from 1970 does not reach. */
export class TimestampColumn extends FixedColumn {
  constructor() {
    super(8);
  }

  read(_bytes: Buffer, view: DataView, at: number): boolean {
    const high = view.getInt32(at);
    const low = view.getUint32(at + 4);
    const isInfinite = (high === infinity32 && low === 0xffff_ffff) || (high === ~infinity32 && low === 0);
    const sum = low + microsLow;
    const sumHigh = high + microsHigh + (sum > 0xffff_ffff ? 1 : 0);
    if (isInfinite || sumHigh > infinity32) return this.refuse();
    const row = this.next();
    this.values.words[2 * row] = sum | 0;
    this.values.words[2 * row + 1] = sumHigh;
    return true;
  }
}

/** DuckDB packs microseconds and the offset east of Greenwich, counted down from the largest, in 64 bits. */
const zoneSecondsMax = 16 * 3600 - 1;

/** `timetz`. */
export class TimeTzColumn extends FixedColumn {
  constructor() {
    super(8);
  }

  read(_bytes: Buffer, view: DataView, at: number): boolean {
    const row = this.next();
    const east = BigInt(-view.getInt32(at + 8));
    this.values.data.setBigInt64(row * 8, (view.getBigInt64(at) << 24n) | (BigInt(zoneSecondsMax) - east), true);
    return true;
  }
}

/**
 * PostgreSQL: microseconds, days, months. Arrow: months, days, nanoseconds; more than 292 years of those have no place.
 */
export class IntervalColumn extends FixedColumn {
  constructor() {
    super(16);
  }

  read(_bytes: Buffer, view: DataView, at: number): boolean {
    const nanos = view.getBigInt64(at) * 1000n;
    if (nanos !== BigInt.asIntN(64, nanos)) return this.refuse();
    const row = this.next();
    this.values.words[4 * row] = view.getInt32(at + 12);
    this.values.words[4 * row + 1] = view.getInt32(at + 8);
    this.values.data.setBigInt64(row * 16 + 8, nanos, true);
    return true;
  }
}

/** Sixteen bytes as they are. */
export class UuidColumn extends FixedColumn {
  constructor() {
    super(16);
  }

  read(_bytes: Buffer, view: DataView, at: number): boolean {
    const row = this.next();
    const { data } = this.values;
    for (let word = 0; word < 16; word += 4) data.setInt32(row * 16 + word, view.getInt32(at + word));
    return true;
  }
}
