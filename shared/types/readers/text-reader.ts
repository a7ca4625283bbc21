import { isAscii } from 'node:buffer';
import { type ColumnView, emptyView, isNull } from '../column-view.ts';
import { type Reader, startOf } from './reader.ts';

/** Node's own decoders, without the checks of `toString`. */
interface Slices {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}
const slicesOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Slices =>
  Buffer.from(buffer, byteOffset, byteLength) as unknown as Slices;

/** Shorter strings are copied by V8 when they are cut from a longer one; longer ones would keep all of it alive. */
const cutCharsMax = 12;

/** Text: where a batch's column is all ASCII it is decoded at once, and short strings are cut from that. */
export class TextReader implements Reader {
  #view = emptyView;
  #bytes = slicesOf(emptyView.values);
  #ascii: string | null = null;
  #base = 0;

  bind(view: ColumnView): void {
    const { values } = view;
    this.#view = view;
    this.#bytes = slicesOf(values);
    this.#base = startOf(view, 0);
    const end = startOf(view, view.length);
    const isPlain = isAscii(values.subarray(this.#base, end));
    this.#ascii = isPlain ? this.#bytes.latin1Slice(this.#base, end) : null;
  }

  get(row: number): string | null {
    const view = this.#view;
    if (isNull(view, row)) return null;
    const [start, end] = [startOf(view, row), startOf(view, row + 1)];
    if (this.#ascii === null) return this.#bytes.utf8Slice(start, end);
    if (end - start <= cutCharsMax) return this.#ascii.substring(start - this.#base, end - this.#base);
    return this.#bytes.latin1Slice(start, end);
  }
}
