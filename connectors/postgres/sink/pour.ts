import { once } from 'node:events';
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
  const stream = session.copyFrom(`COPY ${table} (${names.map(quotedName).join(', ')}) FROM STDIN (${options})`);
  let failure: unknown;
  stream.on('error', (error) => {
    failure ??= error;
  });
  let poured = { rows: 0, bytes: 0 };
  const send = async (chunk: Buffer): Promise<void> => {
    if (failure !== undefined) throw failure;
    if (!stream.write(chunk)) await once(stream, 'drain');
    poured = { ...poured, bytes: poured.bytes + chunk.length };
  };
  try {
    await send(copyHeader);
    for (const batch of rows.batches as Iterable<Batch>) {
      for (const chunk of encoder.encode(batch)) await send(chunk);
      poured = { ...poured, rows: poured.rows + batch.rows };
    }
    stream.end(copyTrailer);
    await finished(stream);
  } catch (error) {
    // Whatever it was: the server must not take what has come for all there is.
    session.break();
    throw session.error(failure ?? error);
  }
  return poured;
}
