import type { Schema } from 'apache-arrow';
import type { Batch } from '../../shared/arrow/batch.ts';
import { encodeSchema } from '../../shared/arrow/ipc.ts';
import type { Config } from '../../shared/config/config.ts';
import type { DatasetFrame } from '../../shared/contracts/jobs.ts';
import { MessageMaker } from '../../shared/exchange/messages.ts';

type FrameLimits = Pick<Config, 'uploadMessageBytesMax' | 'rpcMessageBytesMax'>;

/**
 * A dataset as it goes to the coordinator: its schema, then its batches, cut to messages of `uploadMessageBytesMax`,
 * which only a single row may exceed.
 *
 * @throws SheafError `NOT_SUPPORTED` for a row that no message can hold
 */
export async function* framesOf(
  schema: Schema,
  batches: AsyncIterable<Batch>,
  { uploadMessageBytesMax, rpcMessageBytesMax }: FrameLimits,
): AsyncGenerator<DatasetFrame, void, undefined> {
  const metadata = encodeSchema(schema);
  const limits = { exchangeMessageBytesMax: uploadMessageBytesMax, exchangeRowBytesMax: rpcMessageBytesMax - 1024 };
  const messages = new MessageMaker(metadata, limits);
  yield { metadata, body: new Uint8Array(0) };
  for await (const batch of batches) {
    for (const message of messages.of(batch)) yield { metadata: message.metadata, body: Buffer.concat(message.body) };
  }
}
