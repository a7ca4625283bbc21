import type { Batch, FieldNode } from '../../arrow/batch.ts';
import type { Layout } from '../../arrow/layout.ts';
import { ArrayStruct } from '../native/arrow-struct.ts';
import type { NumberAddress } from '../native/memory.ts';
import { type ColumnBuilder, columnBuilder } from './column-builder.ts';

/** Gathers native arrays of DuckDB, 2,048 rows at most each, into batches. */
export class BatchBuilder {
  readonly #array: ArrayStruct;
  readonly #columns: readonly ColumnBuilder[];
  #rows = 0;
  #bytes = 0;

  constructor(layouts: readonly Layout[]) {
    this.#array = new ArrayStruct(0, layouts.length);
    this.#columns = layouts.map(columnBuilder);
  }

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Copies a top-level struct array. It may be released afterwards: the address of its `release` is returned. */
  append(address: NumberAddress): NumberAddress {
    const array = this.#array;
    array.read(address);
    this.#rows += array.length;
    for (let i = 0; i < this.#columns.length; i++) this.#bytes += this.#columns[i]?.append(array.child(i)) ?? 0;
    return array.release;
  }

  /** What was gathered, and begins anew. */
  finish(): Batch {
    const nodes: FieldNode[] = [];
    const buffers: Uint8Array[] = [];
    for (const column of this.#columns) column.finish({ nodes, buffers });
    const batch = { rows: this.#rows, nodes, buffers };
    this.#rows = 0;
    this.#bytes = 0;
    return batch;
  }
}
