/** Bitmaps of Arrow: least significant bit first. */

/** Bits `[from, from + count)` moved to bit 0: the same bytes where they begin at one, else a copy. */
export function bitRange(bitmap: Uint8Array, from: number, count: number): Uint8Array {
  const first = from >> 3;
  const shift = from & 7;
  const length = (count + 7) >> 3;
  if (shift === 0) return bitmap.subarray(first, first + length);
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    out[i] = ((bitmap[first + i] ?? 0) >> shift) | ((bitmap[first + i + 1] ?? 0) << (8 - shift));
  }
  return out;
}

/** How many of the first `count` bits are set. */
export function countBits(bitmap: Uint8Array, count: number): number {
  let sum = 0;
  const whole = count >> 3;
  for (let i = 0; i < whole; i++) sum += bitsOf[bitmap[i] as number] as number;
  return sum + (bitsOf[(bitmap[whole] ?? 0) & ((1 << (count & 7)) - 1)] as number);
}

const bitsOf = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

/** The bit of a row, 0 or 1; 0 behind the bitmap's end. */
export const bitAt = (bitmap: Uint8Array, at: number): number => ((bitmap[at >> 3] ?? 0) >> (at & 7)) & 1;
