import type { BatchParts } from '../../../shared/types/builders/growing-column.ts';
import { CopyColumn, Values } from './column.ts';

/** `numeric` of PostgreSQL on the wire: counts and sign, 16 bits each, then digits to the base 10,000. */
const header = { digits: 0, weight: 2, sign: 4, values: 8 } as const;
const signs = { plus: 0x0000, minus: 0x4000 } as const;

/** Decimals in 128 bits. NaN, infinities and what has more digits than the type have no place. */
export class NumericColumn extends CopyColumn {
  readonly #values = new Values(16);
  readonly #scale: number;
  readonly #end: bigint;
  readonly #isSafe: boolean;

  constructor(precision: number, scale: number) {
    super();
    this.#scale = scale;
    this.#end = 10n ** BigInt(precision);
    this.#isSafe = precision <= 15;
  }

  read(_bytes: Buffer, view: DataView, at: number): boolean {
    const sign = view.getUint16(at + header.sign);
    if (sign !== signs.plus && sign !== signs.minus) return this.refuse();
    const digits = view.getUint16(at + header.digits);
    const exponent = (view.getInt16(at + header.weight) - digits + 1) * 4 + this.#scale;
    const value = this.#isSafe ? smallValue(view, at, digits, exponent) : Number.NaN;
    return Number.isSafeInteger(value)
      ? this.#write(sign === signs.plus ? value : -value)
      : this.#writeLarge(wideValue(view, at, digits, exponent), sign === signs.minus);
  }

  protected resize(capacity: number): void {
    this.#values.resize(capacity);
  }

  protected takeValues({ buffers }: BatchParts): void {
    buffers.push(this.#values.take(this.length, this.capacity));
  }

  #write(value: number): boolean {
    if (value >= Number(this.#end) || value <= -Number(this.#end)) return this.refuse();
    const first = 4 * this.next();
    const { words } = this.#values;
    const extension = value < 0 ? -1 : 0;
    words[first] = value | 0;
    words[first + 1] = Math.floor(value / 0x1_0000_0000) | 0;
    words[first + 2] = extension;
    words[first + 3] = extension;
    return true;
  }

  #writeLarge(magnitude: bigint, isNegative: boolean): boolean {
    if (magnitude >= this.#end) return this.refuse();
    const value = isNegative ? -magnitude : magnitude;
    const first = 16 * this.next();
    this.#values.data.setBigInt64(first, BigInt.asIntN(64, value), true);
    this.#values.data.setBigInt64(first + 8, value >> 64n, true);
    return true;
  }
}

/**
 * The unscaled value while it fits a double exactly; NaN if not. Digits below the scale are zeros, or rounded away
 * before.
 */
function smallValue(view: DataView, at: number, digits: number, exponent: number): number {
  let value = 0;
  for (let i = 0; i < digits; i++) value = value * 10_000 + view.getUint16(at + header.values + 2 * i);
  if (value > Number.MAX_SAFE_INTEGER) return Number.NaN;
  return exponent >= 0 ? value * 10 ** exponent : value / 10 ** -exponent;
}

function wideValue(view: DataView, at: number, digits: number, exponent: number): bigint {
  let value = 0n;
  for (let i = 0; i < digits; i++) value = value * 10_000n + BigInt(view.getUint16(at + header.values + 2 * i));
  return exponent >= 0 ? value * 10n ** BigInt(exponent) : value / 10n ** BigInt(-exponent);
}
