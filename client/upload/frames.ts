import type { Schema } from 'apache-arrow';
import type { Batch } from '../../shared/arrow/batch.ts';
import { encodeSchema } from '../../shared/arrow/ipc.ts';
import type { Config } from '../../shared/config/config.ts';
import type { DatasetFrame } from '../../shared/contracts/jobs.ts';
import { messagesOf } from '../../shared/exchange/messages.ts';

/** A dataset as it goes to the coordinator: its schema, then its batches, cut to messages of a bounded size. */
export async function* framesOf(
  schema: Schema,
  batches: AsyncIterable<Batch>,
  limits: Config,
): AsyncGenerator<DatasetFrame, void, undefined> {
  yield { metadata: encodeSchema(schema), body: new Uint8Array(0) };
  for await (const batch of batches) {
    for (const { metadata, body } of messagesOf(batch, limits)) yield { metadata, body: Buffer.concat(body) };
  }
}
