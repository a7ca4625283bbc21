import { type Batch, batchBytes } from '../arrow/batch.ts';
import { SheafError } from '../errors.ts';
import { type EncodedBatch, encodeBatch, sliceBatch } from './stand-in.ts';

/** One Arrow IPC record-batch message. */
export interface Message extends EncodedBatch {
  readonly rows: number;
}

interface MessageLimits {
  readonly exchangeMessageBytesMax: number;
  readonly exchangeRowBytesMax: number;
}

/**
 * Encodes a batch as messages of at most the limit's size: one that is larger is halved until its pieces fit. A single
 * row may be larger, up to the hard limit.
 *
 * @throws SheafError `NOT_SUPPORTED` for a row beyond the hard limit
 */
export function* messagesOf(batch: Batch, limits: MessageLimits): Generator<Message> {
  if (batch.rows === 0) return;
  if (batch.rows > 1 && batchBytes(batch) > limits.exchangeMessageBytesMax) {
    const middle = batch.rows >> 1;
    yield* messagesOf(sliceBatch(batch, 0, middle), limits);
    yield* messagesOf(sliceBatch(batch, middle, batch.rows), limits);
    return;
  }
  const message = encodeBatch(batch);
  checkHardLimit(message, limits.exchangeRowBytesMax);
  yield { ...message, rows: batch.rows };
}

function checkHardLimit(message: EncodedBatch, bytesMax: number): void {
  const bytes = message.metadata.length + message.bodyBytes;
  if (bytes <= bytesMax) return;
  throw new SheafError(
    'NOT_SUPPORTED',
    `A single row takes ${bytes} bytes; an exchange carries rows up to ${bytesMax}`,
    {
      next: 'Select fewer or smaller columns before the data is exchanged, or raise SHEAF_EXCHANGE_ROW_BYTES_MAX.',
    },
  );
}
