/**
 * A record batch in the flat layout of Arrow IPC: field nodes and buffers in depth-first order of the schema's fields.
 * Everything that moves batches (kernel, exchange, wire) handles this form, which knows no types; only user functions
 * and clients see `apache-arrow` objects over the same bytes.
 */
export interface Batch {
  readonly rows: number;
  readonly nodes: readonly FieldNode[];
  /** Buffers at offset 0: a sliced array is compacted when it becomes a `Batch`. An absent validity buffer is empty. */
  readonly buffers: readonly Uint8Array[];
}

/** Rows and nulls of one field, at any depth. */
export interface FieldNode {
  readonly length: number;
  readonly nullCount: number;
}

/** The bytes that a batch holds: what budgets count. */
export const batchBytes = (batch: Batch): number => batch.buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
