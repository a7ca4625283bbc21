import koffi from 'koffi';
import type { Batch } from '../../arrow/batch.ts';
import type { Layout } from '../../arrow/layout.ts';
import { duckdbError } from '../errors.ts';
import { duckdb, type ResultValue, releaseAt, resultBytes, resultStruct } from '../native/api.ts';
import { arrayStructBytes } from '../native/arrow-struct.ts';
import { check } from '../native/error-data.ts';
import type { Address, Out } from '../native/library.ts';
import { Block, type NumberAddress, setWord } from '../native/memory.ts';
import { BatchBuilder } from './batch-builder.ts';

/** At which size a batch under construction is emitted. */
export interface BatchLimits {
  readonly batchRowsMax: number;
  readonly batchBytesMax: number;
}

/** DuckDB works in chunks of this many rows at most. */
export const chunkRowsMax = 2048;

/** A streaming result of a prepared statement. The query runs inside `fetch`. */
export class Stream implements Disposable {
  readonly #result = new Block(resultBytes);
  readonly #value: ResultValue;
  readonly #array = new Block(arrayStructBytes);
  readonly #slot = new Block(8);
  readonly #slotWords: Uint32Array;
  #open = true;

  /** @throws SheafError see `duckdbError` */
  constructor(statement: Address) {
    const pending: Out = [null];
    const failed = duckdb.pendingStreaming(statement, pending) !== 0;
    this.#slotWords = new Uint32Array(this.#slot.bytes.buffer);
    this.#result.bytes.fill(0);
    try {
      if (failed) throw duckdbError(duckdb.pendingError(pending[0] ?? 0n) ?? 'The query could not start');
      const state = duckdb.executePending(pending[0] ?? 0n, this.#result.bytes);
      if (state !== 0) throw this.#error('The query could not start');
    } finally {
      duckdb.destroyPending(pending);
    }
    this.#value = koffi.decode(this.#result.bytes, resultStruct) as ResultValue;
  }

  /** The next chunk, which the caller destroys, or 0 at the end. */
  fetch(): NumberAddress {
    const chunk = duckdb.fetchChunk(this.#value);
    if (chunk === 0 && duckdb.resultError(this.#result.bytes)) throw this.#error('The query failed');
    return chunk;
  }

  /** All rows as batches. */
  *batches(options: NumberAddress, layouts: readonly Layout[], limits: BatchLimits): Generator<Batch, void, undefined> {
    const builder = new BatchBuilder(layouts);
    for (let chunk = this.fetch(); chunk !== 0; chunk = this.fetch()) {
      this.consume(chunk, () => this.convert(options, chunk, builder));
      const full = builder.rows + chunkRowsMax > limits.batchRowsMax || builder.bytes >= limits.batchBytesMax;
      if (full) yield builder.finish();
    }
    if (builder.rows > 0) yield builder.finish();
  }

  /** Destroys a chunk after its use. */
  consume(chunk: NumberAddress, use: () => void): void {
    try {
      use();
    } finally {
      setWord(this.#slotWords, 0, chunk);
      duckdb.destroyChunk(this.#slot.address);
    }
  }

  /** Appends a chunk to the builder by way of Arrow. */
  convert(options: NumberAddress, chunk: NumberAddress, builder: BatchBuilder): void {
    check(duckdb.chunkToArrow(options, chunk, this.#array.address));
    releaseAt(builder.append(this.#array.address))(this.#array.address);
  }

  [Symbol.dispose](): void {
    if (this.#open) duckdb.destroyResult(this.#result.bytes);
    this.#open = false;
  }

  #error(otherwise: string): Error {
    const { bytes } = this.#result;
    const error = duckdbError(duckdb.resultError(bytes) || otherwise, duckdb.resultErrorType(bytes));
    duckdb.destroyResult(bytes);
    this.#open = false;
    return error;
  }
}
