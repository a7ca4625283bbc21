/** Stands in for shared/arrow/ipc.ts until that lands. */
import type { Batch } from '../arrow/batch.ts';

export interface EncodedBatch {
  readonly metadata: Uint8Array;
  readonly body: readonly Uint8Array[];
  readonly bodyBytes: number;
}

export function encodeBatch(batch: Batch): EncodedBatch {
  const text = JSON.stringify({ rows: batch.rows, nodes: batch.nodes, lengths: batch.buffers.map((b) => b.length) });
  const body = batch.buffers.flatMap((b) => [b, new Uint8Array((8 - (b.length % 8)) % 8)]);
  const metadata = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  return { metadata, body, bodyBytes: body.reduce((sum, b) => sum + b.length, 0) };
}

export function decodeBatch(metadata: Uint8Array, body: Uint8Array): Batch {
  const { rows, nodes, lengths } = JSON.parse(Buffer.from(metadata).toString());
  let at = 0;
  const buffers = lengths.map((length: number) => {
    const start = at;
    at += Math.ceil(length / 8) * 8;
    return body.subarray(start, start + length);
  });
  return { rows, nodes, buffers };
}

/** Cuts a batch of one fixed-width column (validity, values). */
export function sliceBatch(batch: Batch, from: number, to: number): Batch {
  const values = batch.buffers[1] ?? new Uint8Array();
  const width = batch.rows === 0 ? 0 : values.length / batch.rows;
  const rows = to - from;
  return {
    rows,
    nodes: [{ length: rows, nullCount: 0 }],
    buffers: [new Uint8Array(), values.subarray(from * width, to * width)],
  };
}
