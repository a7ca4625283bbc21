import { isUtf8 } from 'node:buffer';
import type { Batch } from '../../shared/arrow/batch.ts';
import type { LineBatches } from './line-batches.ts';

const [lineFeed, carriageReturn] = [0x0a, 0x0d];

/**
 * Cuts bytes into lines as they come. A line may go over chunks, up to a named length; what follows the last line end
 * is a line, too. Empty lines are left out.
 */
export class Lines {
  readonly #batches: LineBatches;
  readonly #lineBytesMax: number;
  /** The beginning of a line that has not ended yet. */
  #begun: Uint8Array = new Uint8Array(0);
  /** A line that was too long goes on. */
  #isSkipping = false;
  /** Of the first byte that is not consumed yet, in the source. */
  #position: number;
  /** Lines that begin here or later are not ours. */
  readonly #end: number;

  /**
   * @param range lines that begin in `[from, to)` are ours. The first chunk begins one byte before `from`, unless that
   * is 0: so a line that begins just there is seen to
   */
  constructor(
    batches: LineBatches,
    lineBytesMax: number,
    { from, to }: { readonly from: number; readonly to: number },
  ) {
    this.#batches = batches;
    this.#lineBytesMax = lineBytesMax;
    this.#position = Math.max(0, from - 1);
    this.#isSkipping = from > 0;
    this.#end = to;
  }

  /** Whether all lines that are ours have come. */
  get isDone(): boolean {
    return this.#position >= this.#end;
  }

  /** Rows of the chunk's whole lines, as batches where these are full. */
  *push(chunk: Uint8Array): Generator<Batch> {
    const bytes = this.#begun.length === 0 ? chunk : Buffer.concat([this.#begun, chunk]);
    const isText = isUtf8(bytes);
    let at = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0 && !this.isDone; end = bytes.indexOf(lineFeed, at)) {
      if (this.#isSkipping) this.#isSkipping = false;
      else this.#add(bytes, at, end, isText);
      this.#position += end + 1 - at;
      at = end + 1;
      if (this.#batches.isFull) yield* this.#taken();
    }
    if (this.isDone) return;
    this.#keep(bytes.subarray(at));
  }

  /** The last line, and what is left of the rows. */
  *end(): Generator<Batch> {
    const { length } = this.#begun;
    if (length > 0 && !this.isDone && !this.#isSkipping) this.#add(this.#begun, 0, length, false);
    this.#begun = new Uint8Array(0);
    yield* this.#taken();
  }

  #add(bytes: Uint8Array, from: number, end: number, isText: boolean): void {
    const to = end > from && bytes[end - 1] === carriageReturn ? end - 1 : end;
    if (to > from) this.#batches.add(bytes, from, to, this.#position, isText);
  }

  #keep(rest: Uint8Array): void {
    if (this.#isSkipping || rest.length > this.#lineBytesMax) {
      if (!this.#isSkipping)
        this.#batches.addTooLong(rest.subarray(0, keptOfLongLine), this.#position, this.#lineBytesMax);
      this.#isSkipping = true;
      this.#position += rest.length;
      this.#begun = new Uint8Array(0);
      return;
    }
    this.#begun = Uint8Array.from(rest); // The chunk's memory is its reader's.
  }

  *#taken(): Generator<Batch> {
    const batch = this.#batches.take();
    if (batch !== undefined) yield batch;
  }
}

/** Of a line that is too long its beginning is kept. */
const keptOfLongLine = 1024;
