import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Batch } from '../../../shared/arrow/batch.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import type { SinkBatches } from '../../contract.ts';
import { CopyEncoder, copyHeader, copyTrailer } from '../encode/copy-encoder.ts';
import type { Session } from '../session.ts';
import type { StagedColumn } from './fit.ts';

interface Poured {
  readonly rows: number;
  /** On the wire. */
  readonly bytes: number;
}

/**
 * Sends all rows to `COPY table (columns) FROM STDIN`, one chunk at a time: the next one is made when the connection
 * has room.
 *
 * @param table quoted
 * @param names of the table's columns, in the order of `columns`
 * @throws SheafError of the database; what the batches throw, after the COPY has been failed
 */
export async function pour(
  session: Session,
  table: string,
  names: readonly string[],
  columns: readonly StagedColumn[],
  rows: SinkBatches & { readonly chunkBytes: number; readonly freeze: boolean },
): Promise<Poured> {
  const encoder = new CopyEncoder(
    rows.schema.fields,
    columns.map(({ type }) => type),
    rows.chunkBytes,
  );
  const options = `FORMAT binary${rows.freeze ? ', FREEZE' : ''}`;
  const copy = new CopyStream(
    session.copyFrom(`COPY ${table} (${names.map(quotedName).join(', ')}) FROM STDIN (${options})`),
  );
  let count = 0;
  try {
    await copy.send(copyHeader);
    for (const batch of rows.batches as Iterable<Batch>) {
      for (const chunk of encoder.encode(batch)) await copy.send(chunk);
      count += batch.rows;
    }
    await copy.end();
  } catch (error) {
    // Whatever it was: the server must not take what has come for all there is.
    session.break();
    throw session.error(copy.failure ?? error);
  }
  return { rows: count, bytes: copy.bytes };
}

/** The open COPY, no faster than the connection takes it. */
class CopyStream {
  readonly #stream: Writable;
  /** What the server refused: it says more than what then fails here. */
  failure: unknown;
  bytes = 0;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error) => {
      this.failure ??= error;
    });
  }

  async send(chunk: Buffer): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    if (!this.#stream.write(chunk)) await once(this.#stream, 'drain');
    this.bytes += chunk.length;
  }

  async end(): Promise<void> {
    this.#stream.end(copyTrailer);
    await finished(this.#stream);
  }
}
