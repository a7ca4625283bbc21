import type { FieldNode } from '../../arrow/batch.ts';
import { buffersOf, childrenOf, type Layout } from '../../arrow/layout.ts';
import { ArrayStruct } from '../native/arrow-struct.ts';
import type { NumberAddress } from '../native/memory.ts';
import { type ColumnValues, columnValues } from './column-values.ts';
import { GrowingBits, GrowingBuffer } from './growing.ts';
import { Offsets } from './offsets.ts';

/** Where finished columns go, in depth-first order. */
export interface Sink {
  readonly nodes: FieldNode[];
  readonly buffers: Uint8Array[];
}

/** One column of a batch under construction, its children included. */
export interface ColumnBuilder {
  /** Appends a native array whose offset is 0, as DuckDB makes them. Returns the bytes that were added. */
  append(array: NumberAddress): number;
  /** Moves what was appended to the sink and begins anew. */
  finish(sink: Sink): void;
}

export function columnBuilder(layout: Layout): ColumnBuilder {
  switch (layout.kind) {
    case 'null':
      return new NullBuilder();
    case 'variable':
      return new VariableBuilder(layout.offsetBytes);
    case 'list':
      return new ListBuilder(layout.offsetBytes, layout.child);
    default:
      return new PlainBuilder(layout);
  }
}

class NullBuilder implements ColumnBuilder {
  readonly #array = new ArrayStruct(0, 0);
  #length = 0;

  append(array: NumberAddress): number {
    this.#array.read(array);
    this.#length += this.#array.length;
    return 0;
  }

  finish({ nodes }: Sink): void {
    nodes.push({ length: this.#length, nullCount: this.#length });
    this.#length = 0;
  }
}

/** Rows and nulls. The bitmap begins with the first null. */
class Validity {
  readonly #bits = new GrowingBits();
  #length = 0;
  #nullCount = 0;

  append(array: ArrayStruct): number {
    const { length } = array;
    const bitmap = array.nullCount === 0 ? 0 : array.buffer(0);
    if (bitmap !== 0) {
      if (this.#nullCount === 0) this.#bits.appendOnes(this.#length);
      this.#bits.append(bitmap, length);
      this.#nullCount += array.nullCount;
    } else if (this.#nullCount > 0) this.#bits.appendOnes(length);
    this.#length += length;
    return this.#nullCount > 0 ? length >> 3 : 0;
  }

  finish({ nodes, buffers }: Sink): void {
    nodes.push({ length: this.#length, nullCount: this.#nullCount });
    buffers.push(this.#nullCount > 0 ? this.#bits.take() : noBytes);
    this.#length = 0;
    this.#nullCount = 0;
  }
}

const noBytes = new Uint8Array(0);

class VariableBuilder implements ColumnBuilder {
  readonly #array = new ArrayStruct(3, 0);
  readonly #validity = new Validity();
  readonly #offsets: Offsets;
  readonly #data = new GrowingBuffer();

  constructor(offsetBytes: 4 | 8) {
    this.#offsets = new Offsets(offsetBytes);
  }

  append(address: NumberAddress): number {
    const array = this.#array;
    array.read(address);
    const bytes = this.#validity.append(array);
    if (array.length === 0) return bytes;
    const span = this.#offsets.append(array.buffer(1), array.length);
    this.#data.append(array.buffer(2), span);
    return bytes + 4 * array.length + span;
  }

  finish(sink: Sink): void {
    this.#validity.finish(sink);
    sink.buffers.push(this.#offsets.take(), this.#data.take());
  }
}

class ListBuilder implements ColumnBuilder {
  readonly #array = new ArrayStruct(2, 1);
  readonly #validity = new Validity();
  readonly #offsets: Offsets;
  readonly #child: ColumnBuilder;

  constructor(offsetBytes: 4 | 8, child: Layout) {
    this.#offsets = new Offsets(offsetBytes);
    this.#child = columnBuilder(child);
  }

  append(address: NumberAddress): number {
    const array = this.#array;
    array.read(address);
    const bytes = this.#validity.append(array);
    if (array.length === 0) return bytes;
    this.#offsets.append(array.buffer(1), array.length);
    return bytes + 4 * array.length + this.#child.append(array.child(0));
  }

  finish(sink: Sink): void {
    this.#validity.finish(sink);
    sink.buffers.push(this.#offsets.take());
    this.#child.finish(sink);
  }
}

/** All that has no offsets: values of one width, bits, structs, fixed-size lists and sparse unions. */
class PlainBuilder implements ColumnBuilder {
  readonly #array: ArrayStruct;
  readonly #validity: Validity | undefined;
  readonly #values: ColumnValues | undefined;
  readonly #children: readonly ColumnBuilder[];
  #length = 0;

  constructor(layout: Layout) {
    const children = childrenOf(layout);
    this.#array = new ArrayStruct(buffersOf[layout.kind], children.length);
    this.#validity = layout.kind === 'sparseUnion' ? undefined : new Validity();
    this.#values = columnValues(layout);
    this.#children = children.map(columnBuilder);
  }

  append(address: NumberAddress): number {
    const array = this.#array;
    array.read(address);
    this.#length += array.length;
    let bytes = this.#validity?.append(array) ?? 0;
    if (this.#values !== undefined) bytes += this.#values.append(array);
    for (let i = 0; i < this.#children.length; i++) bytes += this.#children[i]?.append(array.child(i)) ?? 0;
    return bytes;
  }

  finish(sink: Sink): void {
    if (this.#validity === undefined) sink.nodes.push({ length: this.#length, nullCount: 0 });
    this.#validity?.finish(sink);
    this.#length = 0;
    if (this.#values !== undefined) sink.buffers.push(this.#values.take());
    for (const child of this.#children) child.finish(sink);
  }
}
