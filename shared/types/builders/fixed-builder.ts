import { dayOf, ticksOf } from '../exact-date.ts';
import type { ValueKind } from '../value-kind.ts';
import { decimalFromText, intervalFromText, timeFromText, timeTzFromText, uuidFromText } from '../value-text.ts';
import { ColumnBuilder } from './column-builder.ts';
import { type BatchParts, firstCapacity, grown, newBuffer } from './growing-column.ts';

/** Writes a value at a byte offset; false for what the column does not take. */
export type FixedEncoder = (value: unknown, target: DataView<ArrayBuffer>, at: number) => boolean;

/** Values of one width that JavaScript has no typed array for. */
export class FixedBuilder extends ColumnBuilder {
  readonly #width: number;
  readonly #encode: FixedEncoder;
  #data: DataView<ArrayBuffer>;

  constructor(label: string, type: string, width: number, encode: FixedEncoder) {
    super(label, type);
    this.#width = width;
    this.#encode = encode;
    this.#data = new DataView(newBuffer(firstCapacity * width));
  }

  get bytes(): number {
    return this.length * this.#width;
  }

  append(value: unknown): void {
    if (value === null || value === undefined) {
      this.appendNull();
      return;
    }
    const at = this.next() * this.#width; // may exchange the data
    if (!this.#encode(value, this.#data, at)) this.bad(value);
  }

  protected resize(capacity: number): void {
    this.#data = new DataView(grown(new Uint8Array(this.#data.buffer), capacity * this.#width).buffer);
  }

  protected takeValues({ buffers }: BatchParts): void {
    buffers.push(new Uint8Array(this.#data.buffer, 0, this.bytes));
    this.#data = new DataView(newBuffer(this.capacity * this.#width));
  }
}

/** Booleans, a bit each. */
export class BitsBuilder extends ColumnBuilder {
  #bits = new Uint8Array(newBuffer(firstCapacity >> 3));

  get bytes(): number {
    return this.length >> 3;
  }

  append(value: unknown): void {
    if (typeof value !== 'boolean') {
      if (value === null || value === undefined) this.appendNull();
      else this.bad(value);
      return;
    }
    const at = this.next();
    if (value) this.#bits[at >> 3] = (this.#bits[at >> 3] ?? 0) | (1 << (at & 7));
  }

  protected resize(capacity: number): void {
    this.#bits = grown(this.#bits, capacity >> 3);
  }

  protected takeValues({ buffers }: BatchParts): void {
    buffers.push(this.#bits.subarray(0, (this.length + 7) >> 3));
    this.#bits = new Uint8Array(newBuffer(this.capacity >> 3));
  }
}

/** Columns with no value at all. */
export class NullBuilder extends ColumnBuilder {
  append(value: unknown): void {
    if (value !== null && value !== undefined) this.bad(value);
    this.length++;
  }

  override appendNull(): void {
    this.length++;
  }

  override take({ nodes }: BatchParts): void {
    nodes.push({ length: this.length, nullCount: this.length });
    this.length = 0;
  }

  get bytes(): number {
    return 0;
  }

  protected resize(): void {}
  protected takeValues(): void {}
}

/** The width and encoder of a kind; null for kinds that are built otherwise. */
export function fixedEncoder(value: ValueKind): { readonly width: number; readonly encode: FixedEncoder } | null {
  switch (value.kind) {
    case 'bool8':
      return fixed(1, boolean);
    case 'huge':
      return fixed(
        16,
        wide(128, (given) => integerOf(given), huge(value.signed)),
      );
    case 'decimal':
      return fixed(value.bytes, wide(8 * value.bytes, unscaled(value.scale), 10n ** BigInt(value.precision)));
    case 'days':
      return fixed(4, fromDate(dayOf, setInt32));
    case 'timestamp':
      return fixed(
        8,
        fromDate((date) => ticksOf(date, BigInt(value.perSecond)), setInt64),
      );
    case 'time':
      return fixed(value.bytes, time(value.perSecond, value.bytes));
    case 'timeTz':
      return fixed(8, fromText(timeTzFromText, setInt64));
    case 'interval':
      return fixed(
        16,
        fromText(intervalFromText, (target, at, { months, days, micros }) => {
          setInt32(target, at, months);
          setInt32(target, at + 4, days);
          return setInt64(target, at + 8, micros * 1000n);
        }),
      );
    case 'uuid':
      return fixed(16, fromText(uuidFromText, setBytes));
    case 'fixedBytes':
      return fixed(value.bytes, (given, target, at) => {
        return given instanceof Uint8Array && given.length === value.bytes && setBytes(target, at, given);
      });
    default:
      return null;
  }
}

const fixed = (width: number, encode: FixedEncoder) => ({ width, encode });

function fromDate<T>(
  ticks: (date: Date) => T | null,
  set: (target: DataView, at: number, value: T) => boolean,
): FixedEncoder {
  return (value, target, at) => {
    const read = value instanceof Date ? ticks(value) : null;
    return read !== null && set(target, at, read);
  };
}

function setInt32(target: DataView, at: number, value: number): boolean {
  target.setInt32(at, value, true);
  return value === (value | 0);
}

function setInt64(target: DataView, at: number, value: bigint): boolean {
  target.setBigInt64(at, value, true);
  return value === BigInt.asIntN(64, value);
}

function setBytes(target: DataView, at: number, value: Uint8Array): boolean {
  new Uint8Array(target.buffer, at, value.length).set(value);
  return true;
}

const boolean: FixedEncoder = (value, target, at) => {
  target.setUint8(at, value === true ? 1 : 0);
  return typeof value === 'boolean';
};

function fromText<T>(
  parse: (text: string) => T | null,
  set: (target: DataView, at: number, value: T) => boolean,
): FixedEncoder {
  return (value, target, at) => {
    const parsed = typeof value === 'string' ? parse(value) : null;
    return parsed !== null && set(target, at, parsed);
  };
}

const time = (perSecond: number, bytes: 4 | 8): FixedEncoder =>
  fromText(
    (text) => timeFromText(text, perSecond),
    (target, at, ticks) => (bytes === 4 ? setInt32(target, at, ticks) : setInt64(target, at, BigInt(ticks))),
  );

const integerOf = (value: unknown): bigint | null => {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : null;
};

const unscaled =
  (scale: number) =>
  (value: unknown): bigint | null => {
    if (typeof value === 'bigint') return value * 10n ** BigInt(scale);
    const isText = typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
    return isText ? decimalFromText(String(value), scale) : null;
  };

/** The least and the first too great value; a single bound is for both signs. */
type Range = bigint | readonly [least: bigint, end: bigint];
const huge = (signed: boolean): Range => (signed ? [-(2n ** 127n), 2n ** 127n] : [0n, 2n ** 128n]);

/** Integers of more than 64 bits, or fewer, in little-endian words of 32 bits. */
function wide(bits: number, read: (value: unknown) => bigint | null, range: Range): FixedEncoder {
  const [least, end] = typeof range === 'bigint' ? [1n - range, range] : range;
  return (value, target, at) => {
    const whole = read(value);
    if (whole === null || whole < least || whole >= end) return false;
    for (let bit = 0; bit < bits; bit += 32) {
      target.setUint32(at + bit / 8, Number(BigInt.asUintN(32, whole >> BigInt(bit))), true);
    }
    return true;
  };
}
