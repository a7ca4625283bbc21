import type { Schema } from 'apache-arrow';
import { type Batch, batchBytes } from '../../shared/arrow/batch.ts';
import { encodeBatch, encodeSchema } from '../../shared/arrow/ipc.ts';
import { type Layout, layoutsOf } from '../../shared/arrow/layout.ts';
import { sliceBatch } from '../../shared/arrow/slice.ts';
import type { Config } from '../../shared/config/config.ts';
import type { DatasetFrame } from '../../shared/contracts/jobs.ts';

type FrameLimits = Pick<Config, 'uploadMessageBytesMax'>;

/**
 * A dataset as it goes to the coordinator: its schema, then its batches, cut to messages of `uploadMessageBytesMax`,
 * which only a single row may exceed.
 */
export async function* framesOf(
  schema: Schema,
  batches: AsyncIterable<Batch>,
  { uploadMessageBytesMax }: FrameLimits,
): AsyncGenerator<DatasetFrame, void, undefined> {
  const layouts = layoutsOf(schema.fields);
  yield { metadata: encodeSchema(schema), body: new Uint8Array(0) };
  for await (const batch of batches) {
    for (const piece of cut(layouts, batch, uploadMessageBytesMax)) {
      const { metadata, body } = encodeBatch(piece);
      yield { metadata, body: Buffer.concat(body) };
    }
  }
}

function* cut(layouts: readonly Layout[], batch: Batch, bytesMax: number): Generator<Batch, void, undefined> {
  if (batch.rows === 0) return;
  if (batch.rows === 1 || batchBytes(batch) <= bytesMax) return yield batch;
  const middle = batch.rows >> 1;
  yield* cut(layouts, sliceBatch(layouts, batch, 0, middle), bytesMax);
  yield* cut(layouts, sliceBatch(layouts, batch, middle, batch.rows - middle), bytesMax);
}
