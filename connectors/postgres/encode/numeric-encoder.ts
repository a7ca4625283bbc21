import { type ColumnView, emptyView, isNull, typed } from '../../../shared/types/column-view.ts';
import { type Encoder, lengthBytes, nullLength, type Output } from './encoder.ts';

/** Groups of four digits that 128 bits and any scale can have. */
const groupsMax = 24;
const headerBytes = 8;
const minus = 0x4000;
/** A fraction of so many digits is exact in a double while it is moved to whole groups. */
const smallScaleMax = 12;

/**
 * Integers scaled by a power of ten, of 32 to 128 bits, as `numeric`: groups of four digits to the left and right of
 * the point.
 */
export class NumericEncoder implements Encoder {
  readonly #bytes: 4 | 8 | 16;
  readonly #isSigned: boolean;
  readonly #scale: number;
  #view: ColumnView = emptyView;
  #words = new Int32Array(0);
  #large = new BigUint64Array(0);
  /** Of the rows of the last `addSizes`: groups, how many, weight of the first, sign. */
  #base = 0;
  #groups = new Uint16Array(0);
  #counts = new Uint8Array(0);
  #weights = new Int16Array(0);
  #signs = new Uint16Array(0);

  constructor(bytes: 4 | 8 | 16, isSigned: boolean, scale: number) {
    this.#bytes = bytes;
    this.#isSigned = isSigned;
    this.#scale = scale;
  }

  bind(view: ColumnView): void {
    this.#view = view;
    this.#words = typed(Int32Array, view.values);
    if (this.#bytes > 4) this.#large = typed(BigUint64Array, view.values);
  }

  addSizes(from: number, count: number, sizes: Int32Array): void {
    this.#reserve(count);
    this.#base = from;
    for (let i = 0; i < count; i++) {
      let bytes = lengthBytes;
      if (!isNull(this.#view, from + i)) {
        this.#split(from + i, i);
        bytes += headerBytes + 2 * (this.#counts[i] as number);
      }
      sizes[i] = (sizes[i] as number) + bytes;
    }
  }

  write(from: number, count: number, places: Int32Array, { view: out }: Output): void {
    for (let row = from; row < from + count; row++) {
      const at = places[row - from] as number;
      const isAbsent = isNull(this.#view, row);
      if (isAbsent) out.setInt32(at, nullLength);
      places[row - from] = at + lengthBytes + (isAbsent ? 0 : this.#put(row - this.#base, out, at));
    }
  }

  /** Returns the bytes after the length. */
  #put(i: number, out: DataView, at: number): number {
    const count = this.#counts[i] as number;
    const bytes = headerBytes + 2 * count;
    out.setInt32(at, bytes);
    out.setUint16(at + 4, count);
    out.setInt16(at + 6, this.#weights[i] as number);
    out.setUint16(at + 8, this.#signs[i] as number);
    out.setUint16(at + 10, this.#scale);
    for (let group = 0; group < count; group++) {
      out.setUint16(at + 12 + 2 * group, this.#groups[i * groupsMax + group] as number);
    }
    return bytes;
  }

  #split(row: number, i: number): void {
    const small = this.#small(row);
    if (Number.isNaN(small) || this.#scale > smallScaleMax) this.#splitLarge(row, i);
    else this.#splitSmall(small, i);
  }

  /** The value if a double has it exactly, else NaN. */
  #small(row: number): number {
    const words = this.#words;
    if (this.#bytes === 4) return words[row] as number;
    const first = (row * this.#bytes) >> 2;
    const high = words[first + 1] as number;
    if (this.#bytes === 16) {
      const extension = high >> 31;
      if (words[first + 2] !== extension || words[first + 3] !== extension) return Number.NaN;
    }
    const value = high * 0x1_0000_0000 + ((words[first] as number) >>> 0);
    return Number.isSafeInteger(value) && (this.#isSigned || value >= 0) ? value : Number.NaN;
  }

  #splitSmall(value: number, i: number): void {
    const magnitude = Math.abs(value);
    const unit = 10 ** this.#scale;
    let whole = Math.floor(magnitude / unit);
    if (whole * unit > magnitude) whole--;
    const fractionGroups = Math.ceil(this.#scale / 4);
    let fraction = (magnitude - whole * unit) * 10 ** (4 * fractionGroups - this.#scale);
    const first = i * groupsMax;
    let wholeGroups = 0;
    for (let rest = whole; rest > 0; rest = Math.floor(rest / 10_000)) wholeGroups++;
    for (let group = fractionGroups - 1; group >= 0; group--) {
      this.#groups[first + wholeGroups + group] = fraction % 10_000;
      fraction = Math.floor(fraction / 10_000);
    }
    for (let group = wholeGroups - 1; group >= 0; group--) {
      this.#groups[first + group] = whole % 10_000;
      whole = Math.floor(whole / 10_000);
    }
    this.#trim(i, wholeGroups, fractionGroups, value < 0);
  }

  #splitLarge(row: number, i: number): void {
    const value = this.#wide(row);
    const fractionGroups = Math.ceil(this.#scale / 4);
    let rest = (value < 0n ? -value : value) * 10n ** BigInt(4 * fractionGroups - this.#scale);
    const reversed: number[] = [];
    for (; rest > 0n || reversed.length < fractionGroups; rest /= 10_000n) reversed.push(Number(rest % 10_000n));
    reversed.reverse();
    this.#groups.set(reversed, i * groupsMax);
    this.#trim(i, reversed.length - fractionGroups, fractionGroups, value < 0n);
  }

  #wide(row: number): bigint {
    const low = this.#large[this.#bytes === 16 ? 2 * row : row] ?? 0n;
    const bits = this.#bytes === 16 ? low | ((this.#large[2 * row + 1] ?? 0n) << 64n) : low;
    return this.#isSigned ? BigInt.asIntN(8 * this.#bytes, bits) : bits;
  }

  /** Groups of zeros at both ends are left out. */
  #trim(i: number, wholeGroups: number, fractionGroups: number, isNegative: boolean): void {
    const first = i * groupsMax;
    let begin = 0;
    let end = wholeGroups + fractionGroups;
    while (end > 0 && this.#groups[first + end - 1] === 0) end--;
    while (begin < end && this.#groups[first + begin] === 0) begin++;
    if (begin > 0) this.#groups.copyWithin(first, first + begin, first + end);
    this.#counts[i] = end - begin;
    this.#weights[i] = end === begin ? 0 : wholeGroups - 1 - begin;
    this.#signs[i] = isNegative && end > begin ? minus : 0;
  }

  #reserve(rows: number): void {
    if (this.#counts.length >= rows) return;
    this.#groups = new Uint16Array(rows * groupsMax);
    this.#counts = new Uint8Array(rows);
    this.#weights = new Int16Array(rows);
    this.#signs = new Uint16Array(rows);
  }
}
