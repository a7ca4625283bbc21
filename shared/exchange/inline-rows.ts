import type { Schema } from 'apache-arrow';
import type { Batch } from '../arrow/batch.ts';
import { decodeBatch, decodeSchema, encodeBatch, encodeSchema } from '../arrow/ipc.ts';

/**
 * Few rows as text, to travel in a message in place of being fetched: an Arrow schema message and its batches, in
 * base64.
 */
export interface InlineRows {
  readonly schema: string;
  readonly batches: readonly { readonly metadata: string; readonly body: string }[];
}

/** Gathers rows as long as they are few. */
export class InlineWriter {
  readonly #schema: Uint8Array;
  readonly #bytesMax: number;
  #batches: InlineRows['batches'] = [];
  #bytes: number;

  /** @param bytesMax with more rows than that, `take` returns nothing; with 0 it never returns any */
  constructor(schema: Schema, bytesMax: number) {
    this.#schema = encodeSchema(schema);
    this.#bytesMax = bytesMax;
    this.#bytes = this.#schema.byteLength;
  }

  /** Copies a batch. */
  write(batch: Batch): void {
    if (this.#isTooMuch || batch.rows === 0) return;
    const { metadata, body, bodyBytes } = encodeBatch(batch);
    this.#bytes += metadata.byteLength + bodyBytes;
    if (this.#isTooMuch) this.#batches = [];
    else this.#batches = [...this.#batches, { metadata: base64(metadata), body: base64(Buffer.concat(body)) }];
  }

  /** All rows, unless they are too many. */
  get rows(): InlineRows | undefined {
    return this.#isTooMuch ? undefined : { schema: base64(this.#schema), batches: this.#batches };
  }

  get #isTooMuch(): boolean {
    return this.#bytes > this.#bytesMax;
  }
}

/** @throws SheafError `FILE_CORRUPT` */
export function readInline({ schema, batches }: InlineRows): { readonly schema: Schema; readonly batches: Batch[] } {
  return {
    schema: decodeSchema(bytesOf(schema)),
    batches: batches.map(({ metadata, body }) => decodeBatch(bytesOf(metadata), bytesOf(body))),
  };
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** In memory of its own: there buffers of columns begin where their elements want to. */
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
