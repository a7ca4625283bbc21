import { type Data, DataType, type Dictionary, type RecordBatch, type Union, type Vector } from 'apache-arrow';
import { SheafError } from '../errors.ts';
import type { Batch, FieldNode } from './batch.ts';
import { bitRange, countBits } from './bits.ts';
import { lookupOf, plainBuffers } from './dictionary.ts';
import { childrenOf, hasValidity, type Layout, layoutOf } from './layout.ts';
import { rebased } from './slice.ts';
import { bytesOf } from './words.ts';

/**
 * A record batch of `apache-arrow` as a flat batch: what slices leave out is left out, dictionaries become their
 * values, and buffers that were left out or cut short (all null, say) are filled up. Buffers that can be are shared.
 * Its schema is `flatSchema(recordBatch.schema)`.
 *
 * @throws SheafError `NOT_SUPPORTED` for views, dense unions, and dictionaries of nested values
 */
export function fromRecordBatch(recordBatch: RecordBatch): Batch {
  const writer = new Writer();
  for (const child of recordBatch.data.children) writer.column(child, 0, recordBatch.numRows);
  return { rows: recordBatch.numRows, nodes: writer.nodes, buffers: writer.buffers };
}

const none = new Uint8Array(0);

/**
 * How `apache-arrow` keeps slices: values, offsets and type ids are cut to the slice, and so are the children of
 * structs, fixed-size lists and unions; the bits of `nullBitmap` and of booleans are not, they begin at `data.offset`.
 */
class Writer {
  readonly nodes: FieldNode[] = [];
  readonly buffers: Uint8Array[] = [];

  /** Rows `[from, from + rows)` of the data; what is missing at its end is null. */
  column(data: Data, from: number, rows: number): void {
    if (DataType.isDictionary(data.type)) this.#dictionary(data, from, rows);
    else this.#plain(data, from, rows);
  }

  #plain(data: Data, from: number, rows: number): void {
    const layout = layoutOf(data.type);
    if (hasValidity(layout)) this.#validity(data, from, rows);
    else this.nodes.push({ length: rows, nullCount: layout.kind === 'null' ? rows : 0 });
    this.#values(layout, data, from, rows);
  }

  #validity(data: Data, from: number, rows: number): void {
    const bitmap = data.nullBitmap ?? none;
    if (from + rows <= data.length && (data.nullCount === 0 || bitmap.byteLength === 0)) {
      this.nodes.push({ length: rows, nullCount: 0 });
      this.buffers.push(none);
      return;
    }
    const there = Math.max(0, Math.min(rows, data.length - from));
    const bits = filled(validBits(data, bitmap, from, there), (rows + 7) >> 3);
    const nullCount = rows - countBits(bits, there);
    this.nodes.push({ length: rows, nullCount });
    this.buffers.push(nullCount === 0 ? none : bits);
  }

  #values(layout: Layout, data: Data, from: number, rows: number): void {
    const values = data.values === undefined ? none : bytesOf(data.values as ArrayBufferView);
    switch (layout.kind) {
      case 'bits':
        this.buffers.push(filled(bitRange(values, data.offset + from, rows), (rows + 7) >> 3));
        break;
      case 'fixed':
        this.buffers.push(filled(values.subarray(from * layout.width), rows * layout.width));
        break;
      case 'variable': {
        const [begin, end] = this.#offsets(data, layout.offsetBytes, from, rows);
        this.buffers.push(values.subarray(begin, end));
        break;
      }
      case 'list': {
        const [begin, end] = this.#offsets(data, layout.offsetBytes, from, rows);
        this.column(childOf(data, 0), begin, end - begin);
        break;
      }
      case 'fixedList':
        this.column(childOf(data, 0), from * layout.size, rows * layout.size);
        break;
      case 'sparseUnion':
        this.#typeIds(data, from, rows);
        this.#children(layout, data, from, rows);
        break;
      case 'denseUnion':
        throw new SheafError('NOT_SUPPORTED', 'A dense union cannot become a batch', { next: 'Use a sparse union.' });
      default:
        this.#children(layout, data, from, rows);
    }
  }

  #children(layout: Layout, data: Data, from: number, rows: number): void {
    for (let i = 0; i < childrenOf(layout).length; i++) this.column(childOf(data, i), from, rows);
  }

  /** Offsets from 0; rows that are missing are empty. Returns what they span. */
  #offsets(data: Data, width: 4 | 8, from: number, rows: number): [number, number] {
    const given = data.valueOffsets as Int32Array | BigInt64Array | undefined;
    const there = Math.min(rows, (given?.length ?? 0) - 1 - from);
    if (given === undefined || there <= 0) {
      this.buffers.push(new Uint8Array((rows + 1) * width));
      return [0, 0];
    }
    const { offsets, begin, end } = rebased(bytesOf(given).subarray(from * width), width, there);
    this.buffers.push(there === rows ? offsets : repeatedLast(offsets, width, rows));
    return [begin, end];
  }

  /** Type ids as places of their children, which is what readers of flat batches take them for. */
  #typeIds(data: Data, from: number, rows: number): void {
    const places = (data.type as Union).typeIdToChildIndex;
    const ids = (data.typeIds as Int8Array).subarray(from, from + rows);
    this.buffers.push(bytesOf(ids.every((id) => places[id] === id) ? ids : ids.map((id) => places[id] ?? -1)));
  }

  #dictionary(data: Data, from: number, rows: number): void {
    const { dictionary: type } = data.type as Dictionary;
    const chunks = (data.dictionary as Vector | undefined)?.data ?? [];
    const valueAt = lookupOf(type, chunks.map(plainBatch));
    const indices = data.values as ArrayLike<number | bigint>;
    const values = Array.from({ length: rows }, (_, i) => {
      const at = from + i;
      return at < data.length && data.getValid(at) ? valueAt(Number(indices[at])) : undefined;
    });
    const valid = new Uint8Array((rows + 7) >> 3);
    values.forEach((value, i) => {
      if (value !== undefined) valid[i >> 3] = (valid[i >> 3] as number) | (1 << (i & 7));
    });
    const nullCount = rows - countBits(valid, rows);
    this.nodes.push({ length: rows, nullCount });
    this.buffers.push(nullCount === 0 ? none : valid, ...plainBuffers(type, values));
  }
}

function plainBatch(data: Data): Batch {
  const writer = new Writer();
  writer.column(data, 0, data.length);
  return { rows: data.length, nodes: writer.nodes, buffers: writer.buffers };
}

/** Bits of `rows` rows from `from`, 1 where valid. */
function validBits(data: Data, bitmap: Uint8Array, from: number, rows: number): Uint8Array {
  if (data.nullCount === 0 || bitmap.byteLength === 0) return new Uint8Array((rows + 7) >> 3).fill(0xff);
  return bitRange(bitmap, data.offset + from, rows);
}

function childOf(data: Data, index: number): Data {
  const child = data.children[index];
  if (child === undefined)
    throw new SheafError('FILE_CORRUPT', `A column of type ${data.type} came without its child`, {
      next: 'Make the batch anew: its nested columns lack their values.',
    });
  return child;
}

/** Exactly `length` bytes: cut, or filled up with zeros. */
function filled(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.byteLength >= length) return bytes.subarray(0, length);
  const out = new Uint8Array(length);
  out.set(bytes);
  return out;
}

/** Offsets for more rows, all empty. */
function repeatedLast(offsets: Uint8Array, width: 4 | 8, rows: number): Uint8Array {
  const out = new Uint8Array((rows + 1) * width);
  out.set(offsets);
  const last = offsets.subarray(offsets.byteLength - width);
  for (let at = offsets.byteLength; at < out.byteLength; at += width) out.set(last, at);
  return out;
}
