import type { FieldNode } from '../../arrow/batch.ts';
import { buffersOf, childrenOf, type Layout } from '../../arrow/layout.ts';
import { ArrayStruct } from '../native/arrow-struct.ts';
import type { NumberAddress } from '../native/memory.ts';
import { GrowingBits, GrowingBuffer } from './growing.ts';

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

/** Offsets that go on where those of the last array ended. */
class Offsets {
  readonly #buffer = new GrowingBuffer();
  readonly #wide: boolean;
  #end = 0;

  constructor(width: 4 | 8) {
    this.#wide = width === 8;
    this.#begin();
  }

  /** Returns how many values the appended offsets span. */
  append(source: NumberAddress, length: number): number {
    const width = this.#wide ? 8 : 4;
    const begin = this.#end;
    const first = this.#buffer.length / width;
    this.#buffer.append(source + width, length * width);
    this.#end = this.#wide ? rebaseWide(this.#buffer.bigInt64, first, begin) : rebase(this.#buffer.int32, first, begin);
    return this.#end - begin;
  }

  take(): Uint8Array {
    const bytes = this.#buffer.take();
    this.#begin();
    return bytes;
  }

  #begin(): void {
    this.#end = 0;
    const width = this.#wide ? 8 : 4;
    this.#buffer.extend(width);
    this.#buffer.bytes.fill(0);
  }
}

function rebase(offsets: Int32Array, first: number, base: number): number {
  if (base !== 0) for (let i = first; i < offsets.length; i++) offsets[i] = (offsets[i] as number) + base;
  return offsets[offsets.length - 1] as number;
}

function rebaseWide(offsets: BigInt64Array, first: number, base: number): number {
  const add = BigInt(base);
  for (let i = first; i < offsets.length; i++) offsets[i] = (offsets[i] as bigint) + add;
  return Number(offsets[offsets.length - 1]);
}

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
  readonly #values: { append(array: ArrayStruct): number; take(): Uint8Array } | undefined;
  readonly #children: readonly ColumnBuilder[];
  #length = 0;

  constructor(layout: Layout) {
    const children = childrenOf(layout);
    this.#array = new ArrayStruct(buffersOf[layout.kind], children.length);
    this.#validity = layout.kind === 'sparseUnion' ? undefined : new Validity();
    this.#values = valuesOf(layout);
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

function valuesOf(layout: Layout): { append(array: ArrayStruct): number; take(): Uint8Array } | undefined {
  if (layout.kind === 'bits') return new Bits();
  if (layout.kind === 'fixed') return new Values(1, layout.width);
  return layout.kind === 'sparseUnion' ? new Values(0, 1) : undefined;
}

class Values {
  readonly #buffer = new GrowingBuffer();
  readonly #index: number;
  readonly #width: number;

  constructor(index: number, width: number) {
    this.#index = index;
    this.#width = width;
  }

  append(array: ArrayStruct): number {
    const bytes = array.length * this.#width;
    this.#buffer.append(array.buffer(this.#index), bytes);
    return bytes;
  }

  take(): Uint8Array {
    return this.#buffer.take();
  }
}

/** With lossless conversion DuckDB hands out booleans as bytes; they travel as bits, which every reader of Arrow knows. */
class Bits {
  readonly #bits = new GrowingBits();

  append(array: ArrayStruct): number {
    this.#bits.appendBytes(array.buffer(1), array.length);
    return array.length >> 3;
  }

  take(): Uint8Array {
    return this.#bits.take();
  }
}
