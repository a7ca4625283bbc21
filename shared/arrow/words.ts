/** Little-endian words over the bytes of buffers; copied where the bytes do not begin at a multiple of their size. */

export function int32s(bytes: Uint8Array, count: number): Int32Array {
  const { buffer, byteOffset } = aligned(bytes, 4 * count, 4);
  return new Int32Array(buffer, byteOffset, count);
}

/** The first `count` signed 64-bit integers. */
export function bigInt64s(bytes: Uint8Array, count: number): BigInt64Array {
  const { buffer, byteOffset } = aligned(bytes, 8 * count, 8);
  return new BigInt64Array(buffer, byteOffset, count);
}

/** The first `length` bytes, which must be there, at a multiple of `alignment` of their buffer. */
export function aligned(bytes: Uint8Array, length: number, alignment: number): Uint8Array {
  if (bytes.byteOffset % alignment === 0) return bytes.subarray(0, length);
  return Uint8Array.prototype.slice.call(bytes, 0, length); // a Buffer's own `slice` does not copy
}

/** The bytes of any typed array. */
export const bytesOf = (view: ArrayBufferView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
