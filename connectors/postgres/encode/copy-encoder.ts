import type { Field } from 'apache-arrow';
import type { Batch } from '../../../shared/arrow/batch.ts';
import { viewsOfBatch } from '../../../shared/types/column-view.ts';
import { createEncoder } from './create-encoder.ts';
import type { Encoder } from './encoder.ts';

/**
 * Rows whose sizes are found at a time: what they fill stays in the processor's cache while column after column is
 * written.
 */
const blockRows = 1024;

/** What comes before the first row: signature, flags, no extension. */
export const copyHeader: Buffer = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
/** What comes after the last one. */
export const copyTrailer: Buffer = Buffer.from([0xff, 0xff]);

/**
 * Encodes batches for `COPY … FROM STDIN (FORMAT binary)`, column by column, without an object per value.
 * Format: https://www.postgresql.org/docs/current/sql-copy.html (Binary Format).
 */
export class CopyEncoder {
  readonly #fields: readonly Field[];
  readonly #encoders: readonly Encoder[];
  readonly #chunkBytes: number;
  readonly #sizes = new Int32Array(blockRows);
  readonly #places = new Int32Array(blockRows);

  /** @param types the columns' types of PostgreSQL */
  constructor(fields: readonly Field[], types: readonly string[], chunkBytes: number) {
    this.#fields = fields;
    this.#encoders = fields.map((field, i) => createEncoder(field, types[i] ?? 'text'));
    this.#chunkBytes = chunkBytes;
  }

  /** The rows in chunks of about `chunkBytes`; a larger row is a chunk by itself. */
  *encode(batch: Batch): Generator<Buffer, void, undefined> {
    const views = viewsOfBatch(batch, this.#fields);
    views.forEach((view, i) => {
      this.#encoders[i]?.bind(view);
    });
    for (let from = 0; from < batch.rows; from += blockRows) {
      yield* this.#block(from, Math.min(blockRows, batch.rows - from));
    }
  }

  *#block(from: number, count: number): Generator<Buffer, void, undefined> {
    const sizes = this.#sizes.fill(2);
    for (const encoder of this.#encoders) encoder.addSizes(from, count, sizes);
    let first = 0;
    while (first < count) {
      let end = first;
      let bytes = 0;
      while (end < count && (end === first || bytes + (sizes[end] as number) <= this.#chunkBytes)) {
        this.#places[end - first] = bytes;
        bytes += sizes[end++] as number;
      }
      yield this.#chunk(from + first, end - first, bytes);
      first = end;
    }
  }

  #chunk(from: number, count: number, total: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(total);
    const out = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, total) };
    const places = this.#places;
    for (let i = 0; i < count; i++) {
      out.view.setInt16(places[i] as number, this.#encoders.length);
      places[i] = (places[i] as number) + 2;
    }
    for (const encoder of this.#encoders) encoder.write(from, count, places, out);
    return bytes;
  }
}
