import type { Batch } from '../../../shared/arrow/batch.ts';
import { buffersOf, childrenOf, type Layout, layoutsOf } from '../../../shared/arrow/layout.ts';
import type { Schema } from '../../../shared/schema.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import { toArrowSchema } from '../../../shared/types/arrow-schema.ts';
import type { ReadContext, SourceBatches } from '../../contract.ts';
import { selectedType } from '../decode/create-column.ts';
import { Decoder } from '../decode/decoder.ts';
import { asksFor, dataColumns, type Shape, withProvenance } from '../decode/with-provenance.ts';
import type { SourceOptions } from '../options.ts';
import { Session } from '../session.ts';
import type { PostgresPiece } from './list.ts';
import { placeOf, relationOf } from './relation.ts';
import { beginReading } from './snapshot.ts';

/** Rows of the pieces, in their order, over one connection. */
export const read = (
  options: SourceOptions,
  pieces: readonly PostgresPiece[],
  context: ReadContext,
): SourceBatches => ({
  schema: toArrowSchema(context.columns),
  batches: batchesOf(options, pieces, context),
});

async function* batchesOf(
  options: SourceOptions,
  pieces: readonly PostgresPiece[],
  context: ReadContext,
): AsyncGenerator<Batch, void, undefined> {
  const first = pieces[0];
  if (first === undefined) return;
  await using session = await Session.open(placeOf(options), { ...context, ...options });
  await beginReading(session, first.snapshot);
  for (const piece of pieces) yield* pieceBatches(session, options, piece, context);
  await session.run('COMMIT');
}

async function* pieceBatches(
  session: Session,
  options: SourceOptions,
  piece: PostgresPiece,
  { columns, config }: ReadContext,
): AsyncGenerator<Batch, void, undefined> {
  const data = dataColumns(columns);
  const shapes = layoutsOf(toArrowSchema(data).fields).map(shapeOf);
  const source = `${relationOf(options).text} (piece ${piece.number} of ${piece.of})`;
  const keepReasons = asksFor(columns, 'rejected');
  const decoder = new Decoder(data, { ...config, source, keepReasons, unrepresentable: options.unrepresentable });
  try {
    for await (const chunk of session.copyTo(copySql(options, data, piece))) {
      for (const decoded of decoder.feed(chunk as Buffer)) yield withProvenance(columns, decoded, source, shapes);
    }
  } catch (error) {
    throw session.error(error);
  }
  const last = decoder.end();
  if (last !== undefined) yield withProvenance(columns, last, source, shapes);
}

/** Columns are cast to what the decoder knows, which costs nothing where they are of that type. */
function copySql(options: SourceOptions, columns: Schema, { where }: PostgresPiece): string {
  const list = columns.map((column) => `${quotedName(column.name)}::${selectedType(column)}`).join(', ');
  const condition = where === null ? '' : ` WHERE ${where}`;
  return `COPY (SELECT ${list} FROM ${relationOf(options).sql}${condition}) TO STDOUT (FORMAT binary)`;
}

const shapeOf = (layout: Layout): Shape => {
  const children = childrenOf(layout).map(shapeOf);
  return {
    nodes: 1 + children.reduce((sum, { nodes }) => sum + nodes, 0),
    buffers: buffersOf[layout.kind] + children.reduce((sum, { buffers }) => sum + buffers, 0),
  };
};
