import { Message, MessageHeader, Schema } from 'apache-arrow';
import { BufferRegion, FieldNode, RecordBatch } from 'apache-arrow/ipc/metadata/message';
import { SheafError } from '../errors.ts';
import type { Batch } from './batch.ts';
import { FlatTable } from './flatbuffer.ts';

/**
 * Messages of the Arrow IPC format without the framing of its streams: as they stand in Flight data and in exchange
 * files. https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
 */
export interface EncodedBatch {
  /** The flatbuffer `Message`: Flight's `data_header`. */
  readonly metadata: Uint8Array;
  /** The parts of the body in order, padding included: the batch's own buffers, not copies. */
  readonly body: readonly Uint8Array[];
  readonly bodyBytes: number;
}

/** The flatbuffer `Message` of a schema. */
export const encodeSchema = (schema: Schema): Uint8Array => Message.encode(Message.from(schema));

/** @throws SheafError `FILE_CORRUPT` if the bytes are not a schema message */
export function decodeSchema(metadata: Uint8Array): Schema {
  const schema = decoding('schema', () => Message.decode(metadata).header() as unknown);
  if (schema instanceof Schema) return schema;
  throw corrupt('a schema', 'it is another message');
}

const alignment = 64;
const padding = new Uint8Array(alignment);
const padded = (bytes: number): number => (bytes + alignment - 1) & ~(alignment - 1);

/** The message of a batch, uncompressed. Its body shares the batch's buffers, which must stay as they are meanwhile. */
export function encodeBatch({ rows, nodes, buffers }: Batch): EncodedBatch {
  const body: Uint8Array[] = [];
  let bodyBytes = 0;
  const regions = buffers.map((buffer) => {
    const region = new BufferRegion(bodyBytes, buffer.byteLength);
    const gap = padded(buffer.byteLength) - buffer.byteLength;
    if (buffer.byteLength > 0) body.push(buffer);
    if (gap > 0) body.push(padding.subarray(0, gap));
    bodyBytes += buffer.byteLength + gap;
    return region;
  });
  const fields = nodes.map(({ length, nullCount }) => new FieldNode(length, nullCount));
  const metadata = Message.encode(Message.from(new RecordBatch(rows, fields, regions, null), bodyBytes));
  return { metadata, body, bodyBytes };
}

/**
 * The batch of a message over the same bytes. Its buffers lie within the body; whether they are long enough for their
 * columns is `checkBatch`'s to say, which needs the schema.
 *
 * @throws SheafError `FILE_CORRUPT` if the message is no record batch, is compressed, or points outside the body
 */
export function decodeBatch(metadata: Uint8Array, body: Uint8Array): Batch {
  return decoding('record batch', () => {
    const message = FlatTable.root(metadata);
    const header = message.table(messageFields.header);
    if (message.uint8(messageFields.headerType) !== MessageHeader.RecordBatch || header === undefined) {
      throw corrupt('a record batch', 'it is another message');
    }
    if (header.table(batchFields.compression) !== undefined) throw corrupt('a record batch', 'it is compressed');
    return {
      rows: header.int64(batchFields.length),
      nodes: header.pairs(batchFields.nodes).map(([length, nullCount]) => ({ length, nullCount })),
      buffers: header.pairs(batchFields.buffers).map(([from, length]) => within(body, from, length)),
    };
  });
}

/** Places of fields in the tables of `Message.fbs`. */
const messageFields = { headerType: 1, header: 2 } as const;
const batchFields = { length: 0, nodes: 1, buffers: 2, compression: 3 } as const;

function within(body: Uint8Array, from: number, length: number): Uint8Array {
  if (from >= 0 && length >= 0 && from + length <= body.byteLength) return body.subarray(from, from + length);
  throw corrupt('a record batch', `it points to bytes ${from} to ${from + length} of ${body.byteLength}`);
}

function decoding<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof SheafError) throw error;
    throw corrupt(`a ${what}`, error instanceof Error ? error.message : String(error));
  }
}

const corrupt = (what: string, why: string): SheafError =>
  new SheafError('FILE_CORRUPT', `These bytes are not ${what} of Arrow IPC: ${why}`, {
    next: 'Check what wrote them, or fetch them again.',
  });
