import type { Batch } from '../../arrow/batch.ts';
import { duckdb } from '../native/api.ts';
import type { Address } from '../native/library.ts';
import { Block, copy, type NumberAddress, setWord } from '../native/memory.ts';
import { gathering } from '../native/partition-api.ts';
import { tableFunctions } from '../native/table-function-api.ts';
import type { ReaderContext } from '../query.ts';
import { BatchBuilder } from './batch-builder.ts';
import { chunkRowsMax, type Stream } from './stream.ts';

export interface PartitionBatch {
  readonly partition: number;
  readonly batch: Batch;
}

/** What the chunks of all partitions together may take; with many partitions each is smaller. */
const chunksBytesMax = 32 * 1024 * 1024;
const valueBytes = 16;

/** Rows of one partition: first in vectors of DuckDB, then as Arrow in a batch under construction. */
interface Partition {
  readonly builder: BatchBuilder;
  readonly number: number;
  vectors: NumberAddress[];
  rows: number;
}

/**
 * Distributes the rows of chunks by the number in their last column. JavaScript reads only that column; DuckDB gathers
 * the rows of each partition into vectors of its own, which are converted to Arrow when they are full.
 */
export class Partitioner implements Disposable {
  readonly #stream: Stream;
  readonly #context: ReaderContext;
  readonly #bufferBytesMax: number;
  readonly #types: readonly Address[];
  readonly #capacity: number;
  readonly #partitions: Partition[];
  readonly #numbers = new Block(4 * chunkRowsMax);
  readonly #order = new Block(4 * chunkRowsMax);
  readonly #ends: Uint32Array;
  readonly #selection: NumberAddress;
  readonly #view: NumberAddress;
  readonly #scope = new DisposableStack();
  readonly #ready: PartitionBatch[] = [];
  #bytes = 0;

  constructor(stream: Stream, context: ReaderContext, partitions: number, bufferBytesMax: number) {
    const columns = context.layouts.length;
    this.#stream = stream;
    this.#context = context;
    this.#bufferBytesMax = bufferBytesMax;
    this.#types = Array.from({ length: columns }, (_, i) =>
      this.#scope.adopt(duckdb.preparedColumnType(context.statement.address, i), (type) => duckdb.destroyType([type])),
    );
    this.#capacity = capacityOf(columns, partitions);
    this.#partitions = Array.from({ length: partitions }, (_, number) => ({
      builder: new BatchBuilder(context.layouts),
      number,
      vectors: [],
      rows: 0,
    }));
    this.#ends = new Uint32Array(partitions + 1);
    this.#selection = this.#scope.adopt(gathering.createSelection(chunkRowsMax), gathering.destroySelection);
    this.#view = this.#viewChunk();
  }

  add(chunk: NumberAddress, rows: number): void {
    const columns = this.#types.length;
    this.#sort(gathering.vectorData(tableFunctions.vector(chunk, columns)), rows);
    const sources = this.#types.map((_, i) => tableFunctions.vector(chunk, i));
    let from = 0;
    for (const partition of this.#partitions) {
      const end = this.#ends[partition.number] as number;
      while (from < end) from = this.#gather(partition, sources, from, end);
    }
  }

  /** Batches that are large enough, or that must go because too much was gathered. */
  *full(): Generator<PartitionBatch, void, undefined> {
    while (this.#bytes > this.#bufferBytesMax) this.#emit(this.#largest());
    yield* this.#ready.splice(0);
  }

  /** What is left, in the order of the partitions. */
  *rest(): Generator<PartitionBatch, void, undefined> {
    for (const partition of this.#partitions) {
      this.#convert(partition);
      if (partition.builder.rows > 0) this.#emit(partition);
      yield* this.#ready.splice(0);
    }
  }

  [Symbol.dispose](): void {
    for (const partition of this.#partitions) release(partition);
    this.#scope.dispose();
  }

  /** Orders the places of the rows by partition, keeping their order within each: a counting sort. */
  #sort(data: NumberAddress, rows: number): void {
    copy(this.#numbers.address, data, 4 * rows);
    const numbers = new Uint32Array(this.#numbers.bytes.buffer, 0, rows);
    const order = new Uint32Array(this.#order.bytes.buffer, 0, rows);
    const ends = this.#ends.fill(0);
    for (let i = 0; i < rows; i++) {
      const next = (numbers[i] as number) + 1;
      ends[next] = (ends[next] as number) + 1;
    }
    for (let p = 1; p < ends.length; p++) ends[p] = (ends[p] as number) + (ends[p - 1] as number);
    for (let i = 0; i < rows; i++) {
      const number = numbers[i] as number;
      const at = ends[number] as number;
      order[at] = i;
      ends[number] = at + 1;
    }
    copy(gathering.selectionData(this.#selection), this.#order.address, 4 * rows);
  }

  /** Copies rows `[from, end)` of the order, as many as there is room for; returns where it stopped. */
  #gather(partition: Partition, sources: readonly NumberAddress[], from: number, end: number): number {
    if (partition.vectors.length === 0) {
      partition.vectors = this.#types.map((type) => gathering.createVector(type, this.#capacity));
    }
    const to = Math.min(end, from + this.#capacity - partition.rows);
    const { vectors, rows } = partition;
    for (let i = 0; i < sources.length; i++) {
      gathering.copy(sources[i] as number, vectors[i] as number, this.#selection, to, from, rows);
    }
    partition.rows += to - from;
    if (partition.rows === this.#capacity) this.#convert(partition);
    return to;
  }

  /** Moves what lies in vectors to the batch under construction. */
  #convert(partition: Partition): void {
    if (partition.rows === 0) return;
    const view = this.#view;
    for (const [i, vector] of partition.vectors.entries()) {
      tableFunctions.reference(tableFunctions.vector(view, i), vector);
    }
    tableFunctions.setSize(view, partition.rows);
    const { builder } = partition;
    const before = builder.bytes;
    this.#stream.convert(this.#context.arrowOptions, view, builder);
    this.#bytes += builder.bytes - before;
    release(partition);
    const { batchRowsMax, batchBytesMax } = this.#context.limits;
    if (builder.rows + this.#capacity > batchRowsMax || builder.bytes >= batchBytesMax) this.#emit(partition);
  }

  #emit({ number, builder }: Partition): void {
    this.#bytes -= builder.bytes;
    this.#ready.push({ partition: number, batch: builder.finish() });
  }

  #largest(): Partition {
    return this.#partitions.reduce((best, one) => (one.builder.bytes > best.builder.bytes ? one : best));
  }

  /** A chunk whose vectors are made to look at a partition's, since only chunks can be converted. */
  #viewChunk(): NumberAddress {
    const types = new Block(8 * Math.max(this.#types.length, 1));
    const words = new Uint32Array(types.bytes.buffer);
    for (const [i, type] of this.#types.entries()) setWord(words, i, Number(type));
    const view = gathering.createChunk(types.address, this.#types.length);
    const slot = new Block(8);
    setWord(new Uint32Array(slot.bytes.buffer), 0, view);
    this.#scope.defer(() => duckdb.destroyChunk(slot.address));
    return view;
  }
}

function release(partition: Partition): void {
  for (const vector of partition.vectors) gathering.destroyVector([BigInt(vector)]);
  partition.vectors = [];
  partition.rows = 0;
}

/** Rows of a partition's vectors: a power of two from 64 to DuckDB's 2,048. */
function capacityOf(columns: number, partitions: number): number {
  const rows = chunksBytesMax / (Math.max(columns, 1) * valueBytes * partitions);
  return Math.max(64, Math.min(chunkRowsMax, 2 ** Math.floor(Math.log2(rows))));
}
