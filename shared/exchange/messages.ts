import { type Batch, batchBytes } from '../arrow/batch.ts';
import { decodeSchema, type EncodedBatch, encodeBatch } from '../arrow/ipc.ts';
import { type Layout, layoutsOf } from '../arrow/layout.ts';
import { sliceBatch } from '../arrow/slice.ts';
import { SheafError } from '../errors.ts';
import { prefixBytes } from './layout.ts';

/** One Arrow IPC record-batch message. */
export interface Message extends EncodedBatch {
  readonly rows: number;
}

interface MessageLimits {
  readonly exchangeMessageBytesMax: number;
  readonly exchangeRowBytesMax: number;
}

/** Encodes batches of one schema as messages of at most the limit's size. */
export class MessageMaker {
  readonly #schema: Uint8Array;
  readonly #limits: MessageLimits;
  #layouts: readonly Layout[] | undefined;

  /** @param schema as `encodeSchema` yields it */
  constructor(schema: Uint8Array, limits: MessageLimits) {
    this.#schema = schema;
    this.#limits = limits;
  }

  /**
   * A batch that is too large is halved until its pieces fit. A single row may be larger, up to the hard limit. A batch
   * of no rows yields nothing.
   *
   * @throws SheafError `NOT_SUPPORTED` for a row beyond the hard limit
   */
  *of(batch: Batch): Generator<Message> {
    if (batch.rows === 0) return;
    if (batch.rows > 1 && batchBytes(batch) > this.#limits.exchangeMessageBytesMax) {
      this.#layouts ??= layoutsOf(decodeSchema(this.#schema).fields);
      const half = batch.rows >> 1;
      yield* this.of(sliceBatch(this.#layouts, batch, 0, half));
      yield* this.of(sliceBatch(this.#layouts, batch, half, batch.rows - half));
      return;
    }
    const message = encodeBatch(batch);
    checkHardLimit(message, this.#limits.exchangeRowBytesMax);
    yield { ...message, metadata: aligned(message.metadata), rows: batch.rows };
  }
}

/** Padded so that the body after it is aligned as its buffers are, where prefix and metadata begin at such a place. */
function aligned(metadata: Uint8Array): Uint8Array {
  const bytes = Math.ceil((prefixBytes + metadata.length) / 64) * 64 - prefixBytes;
  if (bytes === metadata.length) return metadata;
  const padded = new Uint8Array(bytes);
  padded.set(metadata);
  return padded;
}

function checkHardLimit(message: EncodedBatch, bytesMax: number): void {
  const bytes = message.metadata.length + message.bodyBytes;
  if (bytes <= bytesMax) return;
  throw new SheafError(
    'NOT_SUPPORTED',
    `A single row takes ${bytes} bytes; an exchange carries rows of up to ${bytesMax}`,
    {
      next: 'Select fewer or smaller columns before the data is exchanged, or raise SHEAF_EXCHANGE_ROW_BYTES_MAX.',
    },
  );
}
