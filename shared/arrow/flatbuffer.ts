/**
 * A reader of FlatBuffers tables, as much as IPC messages need. Every read is bounds-checked by `DataView`, which
 * throws a `RangeError`: rubbish cannot lead outside the bytes. https://flatbuffers.dev/internals/
 */
export class FlatTable {
  readonly #view: DataView;
  readonly #at: number;

  private constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new FlatTable(view, view.getUint32(0, true));
  }

  uint8(field: number): number {
    const at = this.#field(field);
    return at === undefined ? 0 : this.#view.getUint8(at);
  }

  int64(field: number): number {
    const at = this.#field(field);
    return at === undefined ? 0 : this.#int64(at);
  }

  table(field: number): FlatTable | undefined {
    const at = this.#field(field);
    return at === undefined ? undefined : new FlatTable(this.#view, at + this.#view.getUint32(at, true));
  }

  /** A vector of structs of two 64-bit integers each. */
  pairs(field: number): [number, number][] {
    const at = this.#field(field);
    if (at === undefined) return [];
    const begin = at + this.#view.getUint32(at, true);
    const count = this.#view.getUint32(begin, true);
    if (count * 16 > this.#view.byteLength) throw new RangeError(`a vector of ${count} structs`);
    return Array.from({ length: count }, (_, i) => {
      const pair = begin + 4 + 16 * i;
      return [this.#int64(pair), this.#int64(pair + 8)] as [number, number];
    });
  }

  #int64(at: number): number {
    return Number(this.#view.getBigInt64(at, true));
  }

  /** Where a field lies, or undefined for its default. */
  #field(index: number): number | undefined {
    const table = this.#at - this.#view.getInt32(this.#at, true);
    const slot = 4 + 2 * index;
    if (slot >= this.#view.getUint16(table, true)) return undefined;
    const offset = this.#view.getUint16(table + slot, true);
    return offset === 0 ? undefined : this.#at + offset;
  }
}
