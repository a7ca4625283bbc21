import type { Batch } from '../../../shared/arrow/batch.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Schema } from '../../../shared/schema.ts';
import { TextBuilder } from '../../../shared/types/builders/text-builder.ts';
import type { CopyColumn } from './column.ts';
import { createColumn } from './create-column.ts';

/** `PGCOPY\n\377\r\n\0`, flags, and the length of an extension that nobody has defined. */
const header = { signature: Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), bytes: 19 } as const;
const endOfRows = -1;

/** How rows that cannot be read are treated. */
export interface DecoderOptions {
  /** For messages: the table, the piece. */
  readonly source: string;
  readonly unrepresentable: 'reject' | 'null';
  /** The reason why a row could not be read goes with it, and it is no error. */
  readonly keepReasons: boolean;
  readonly batchRowsMax: number;
  readonly batchBytesMax: number;
}

/** What is known of the rows of a batch beside their columns. */
export interface DecodedBatch {
  readonly batch: Batch;
  /** Number of the first row within the source, counted from 1. */
  readonly firstRow: number;
  /** Reasons and raw bytes in hex, one per row, null for good rows; present if they are kept. */
  readonly reasons?: { readonly reason: ColumnParts; readonly raw: ColumnParts };
}

/** A column's nodes and buffers, its children's included. */
export type ColumnParts = Pick<Batch, 'nodes' | 'buffers'>;

/**
 * Decodes the bytes of `COPY … TO STDOUT (FORMAT binary)` into batches: bytes in, bytes out, no object per value.
 * Format: https://www.postgresql.org/docs/current/sql-copy.html (Binary Format).
 */
export class Decoder {
  readonly #schema: Schema;
  readonly #options: DecoderOptions;
  readonly #columns: readonly CopyColumn[];
  readonly #reason = new TextBuilder('_rejected', 'VARCHAR', false);
  readonly #raw = new TextBuilder('_raw', 'VARCHAR', false);
  /** The beginning of a row whose rest is to come, and how many bytes are needed before another look is worth it. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #needed: number = header.bytes;
  #state: 'header' | 'rows' | 'ended' = 'header';
  #rows = 0;
  #bytes = 0;
  #emitted = 0;

  /** @throws SheafError `PLAN_INVALID` for a type that cannot be read */
  constructor(schema: Schema, options: DecoderOptions) {
    this.#schema = schema;
    this.#options = options;
    this.#columns = schema.map(createColumn);
  }

  /**
   * Takes the next bytes; yields the batches that they fill.
   *
   * @throws SheafError `SOURCE_FAILED` for bytes of another format, `ROW_MALFORMED` for a value without a place in its
   * type
   */
  *feed(chunk: Buffer): Generator<DecodedBatch, void, undefined> {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes < this.#needed) return;
    const bytes = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = this.#state === 'header' ? this.#header(bytes) : 0;
    for (;;) {
      const end = this.#rowEnd(view, at);
      if (end < 0) break;
      this.#row(bytes, view, at, end);
      at = end;
      if (this.#isFull()) yield this.#finish();
    }
    this.#pending = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#pendingBytes = bytes.length - at;
  }

  /** The last rows. @throws SheafError `SOURCE_FAILED` if the rows broke off */
  end(): DecodedBatch | undefined {
    if (this.#state !== 'ended') {
      throw new SheafError('SOURCE_FAILED', `${this.#options.source}: the rows broke off before their end`, {
        retryable: true,
        next: 'Run it again. If this recurs, see what the log of the database says of the connection.',
      });
    }
    return this.#rows > 0 ? this.#finish() : undefined;
  }

  #header(bytes: Buffer): number {
    if (!bytes.subarray(0, header.signature.length).equals(header.signature)) throw this.#foreign();
    this.#state = 'rows';
    return header.bytes;
  }

  /** Where the row ends that begins at `at`; -1 if not all of it is there, or there is none. */
  #rowEnd(view: DataView, at: number): number {
    if (this.#state === 'ended') return -1;
    const total = view.byteLength;
    if (at + 2 > total) return this.#wait(2);
    const fields = view.getInt16(at);
    if (fields === endOfRows) {
      this.#state = 'ended';
      return -1;
    }
    if (fields !== this.#columns.length) throw this.#foreign();
    let end = at + 2;
    for (let i = 0; i < fields; i++) {
      if (end + 4 > total) return this.#wait(end + 4 - at);
      const length = view.getInt32(end);
      end += length > 0 ? 4 + length : 4;
    }
    return end > total ? this.#wait(end - at) : end;
  }

  #wait(needed: number): -1 {
    this.#needed = needed;
    return -1;
  }

  #row(bytes: Buffer, view: DataView, from: number, end: number): void {
    const columns = this.#columns;
    let at = from + 2;
    let bad = -1;
    for (let i = 0; i < columns.length; i++) {
      const length = view.getInt32(at);
      at += 4;
      const column = columns[i] as CopyColumn;
      if (length < 0) column.appendNull();
      else {
        if (!column.read(bytes, view, at, length)) bad = i;
        at += length;
      }
    }
    this.#rows++;
    this.#bytes += end - from;
    if (bad >= 0 || this.#options.keepReasons) this.#judge(bad, bytes, from, end);
  }

  #judge(bad: number, bytes: Buffer, from: number, end: number): void {
    const { unrepresentable, keepReasons } = this.#options;
    const column = this.#schema[bad];
    const isRejected = column !== undefined && unrepresentable === 'reject';
    const reason = isRejected ? `column ${column.name}: the value has no place in ${column.type}` : null;
    if (!keepReasons && reason !== null) throw this.#malformed(reason);
    if (!keepReasons) return;
    this.#reason.append(reason);
    this.#raw.append(reason === null ? null : bytes.toString('hex', from, end));
  }

  #isFull(): boolean {
    return this.#rows >= this.#options.batchRowsMax || this.#bytes >= this.#options.batchBytesMax;
  }

  #finish(): DecodedBatch {
    const firstRow = this.#emitted + 1;
    const rows = this.#rows;
    const parts = { nodes: [], buffers: [] };
    for (const column of this.#columns) column.take(parts);
    this.#emitted += rows;
    this.#rows = 0;
    this.#bytes = 0;
    const batch = { rows, ...parts };
    if (!this.#options.keepReasons) return { batch, firstRow };
    return { batch, firstRow, reasons: { reason: partsOf(this.#reason), raw: partsOf(this.#raw) } };
  }

  #foreign(): SheafError {
    return new SheafError(
      'SOURCE_FAILED',
      `${this.#options.source}: what came is not PostgreSQL's binary COPY format`,
      {
        next: 'Is this a server of PostgreSQL? Others that speak its protocol may not have its binary format.',
      },
    );
  }

  #malformed(reason: string): SheafError {
    const row = this.#emitted + this.#rows;
    return new SheafError('ROW_MALFORMED', `${this.#options.source}, row ${row}: ${reason}`, {
      next: 'Set unrepresentable: "null", read the column as text (schema), or let rejected rows be quarantined.',
    });
  }
}

function partsOf(builder: TextBuilder): ColumnParts {
  const parts = { nodes: [], buffers: [] };
  builder.take(parts);
  return parts;
}
