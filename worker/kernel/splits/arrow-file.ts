import { closeSync, openSync, writeSync } from 'node:fs';
import { MetadataVersion, type Schema } from 'apache-arrow';
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file';
import type { Batch } from '../../../shared/arrow/batch.ts';
import { encodeBatch, encodeSchema } from '../../../shared/arrow/ipc.ts';

const magic = Buffer.from('ARROW1');

/**
 * Writes an Arrow IPC file (the random-access format), a batch at a time.
 *
 * @returns rows written
 */
export function writeArrowFile(path: string, schema: Schema, batches: Iterable<Batch>): number {
  const descriptor = openSync(path, 'w');
  try {
    return new ArrowFileWriter(descriptor, schema).write(batches);
  } finally {
    closeSync(descriptor);
  }
}

class ArrowFileWriter {
  readonly #descriptor: number;
  readonly #schema: Schema;
  readonly #blocks: FileBlock[] = [];
  #offset = 0;

  constructor(descriptor: number, schema: Schema) {
    this.#descriptor = descriptor;
    this.#schema = schema;
  }

  write(batches: Iterable<Batch>): number {
    this.#put(magic, Buffer.alloc(2));
    this.#message(encodeSchema(this.#schema), []);
    let rows = 0;
    for (const batch of batches) {
      const { metadata, body } = encodeBatch(batch);
      this.#blocks.push(this.#message(metadata, body));
      rows += batch.rows;
    }
    const footer = Footer.encode(new Footer(this.#schema, MetadataVersion.V5, this.#blocks, []));
    const length = Buffer.alloc(4);
    length.writeInt32LE(footer.byteLength);
    this.#put(Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]), footer, length, magic);
    return rows;
  }

  /** One encapsulated message: continuation, length, metadata padded to 8 bytes, body. */
  #message(metadata: Uint8Array, body: readonly Uint8Array[]): FileBlock {
    const start = this.#offset;
    const padding = Buffer.alloc((8 - (metadata.byteLength % 8)) % 8);
    const prefix = Buffer.alloc(8, 0xff);
    prefix.writeInt32LE(metadata.byteLength + padding.byteLength, 4);
    this.#put(prefix, metadata, padding);
    const metadataBytes = this.#offset - start;
    this.#put(...body);
    return new FileBlock(metadataBytes, BigInt(this.#offset - start - metadataBytes), BigInt(start));
  }

  #put(...pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      for (let written = 0; written < piece.byteLength; ) written += writeSync(this.#descriptor, piece, written);
      this.#offset += piece.byteLength;
    }
  }
}
