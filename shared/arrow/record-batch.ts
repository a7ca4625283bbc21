import { Data, DataType, Field, makeData, RecordBatch, Schema, Struct } from 'apache-arrow';
import type { Batch } from './batch.ts';
import { buffersOf, childrenOf, hasValidity, type Layout, layoutOf } from './layout.ts';
import { aligned } from './words.ts';

/**
 * A batch as `apache-arrow` sees it, over the same bytes (copied only where they are not aligned).
 *
 * @param schema the flat schema of the batch: without dictionaries
 */
export function toRecordBatch(schema: Schema, batch: Batch): RecordBatch {
  const reader = new Reader(batch);
  const children = schema.fields.map(({ type }) => reader.data(type, layoutOf(type)));
  const data = makeData({ type: new Struct(schema.fields), length: batch.rows, nullCount: 0, children });
  return new RecordBatch(schema, data);
}

/** The schema of a flat batch: dictionaries replaced by the type of their values, at every depth. */
export const flatSchema = (schema: Schema): Schema => new Schema(schema.fields.map(flatField), schema.metadata);

function flatField(field: Field): Field {
  return new Field(field.name, flatType(field.type), field.nullable, field.metadata);
}

function flatType(type: DataType): DataType {
  if (DataType.isDictionary(type)) return flatType(type.dictionary);
  if (!type.children?.some(({ type: child }) => flatType(child) !== child)) return type;
  const copy = Object.assign(Object.create(Object.getPrototypeOf(type)) as DataType, type);
  return Object.assign(copy, { children: type.children.map(flatField) });
}

class Reader {
  readonly #batch: Batch;
  #node = 0;
  #buffer = 0;

  constructor(batch: Batch) {
    this.#batch = batch;
  }

  data(type: DataType, layout: Layout): Data {
    const { length = 0, nullCount = 0 } = this.#batch.nodes[this.#node++] ?? {};
    const buffers = this.#batch.buffers.slice(this.#buffer, this.#buffer + buffersOf[layout.kind]);
    this.#buffer += buffers.length;
    const validity = hasValidity(layout) ? buffers.shift() : undefined;
    const parts = partsOf(type, layout, buffers);
    const layouts = childrenOf(layout);
    const children = layouts.map((child, i) => this.data((type.children[i] as Field).type, child));
    // The constructor takes undefined for buffers that a type does not have; its types do not say so.
    const all = [parts.offsets, parts.values, validity, parts.typeIds] as unknown as DataBuffers;
    return new Data(type, 0, length, nullCount, all, children);
  }
}

type DataBuffers = ConstructorParameters<typeof Data>[4] & object;

interface Parts {
  readonly offsets?: ArrayBufferView;
  readonly values?: ArrayBufferView;
  readonly typeIds?: ArrayBufferView;
}

function partsOf(type: DataType, layout: Layout, [first, second]: readonly Uint8Array[]): Parts {
  switch (layout.kind) {
    case 'variable':
      return {
        offsets: words(layout.offsetBytes === 4 ? Int32Array : BigInt64Array, offsetsOr0(first, layout.offsetBytes)),
        values: second ?? none,
      };
    case 'list':
      return {
        offsets: words(layout.offsetBytes === 4 ? Int32Array : BigInt64Array, offsetsOr0(first, layout.offsetBytes)),
      };
    case 'sparseUnion':
      return { typeIds: words(Int8Array, first) };
    case 'denseUnion':
      return { typeIds: words(Int8Array, first), offsets: words(Int32Array, second) };
    case 'bits':
    case 'fixed':
      return { values: words(type.ArrayType as WordsType, first) };
    default:
      return {};
  }
}

const none = new Uint8Array(0);

/** No rows may have no offsets; `apache-arrow` wants the first one. */
const offsetsOr0 = (bytes: Uint8Array | undefined, width: number): Uint8Array =>
  bytes === undefined || bytes.byteLength === 0 ? new Uint8Array(width) : bytes;

interface WordsType {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView;
}

function words(Words: WordsType, bytes: Uint8Array = none): ArrayBufferView {
  const count = Math.floor(bytes.byteLength / Words.BYTES_PER_ELEMENT);
  const { buffer, byteOffset } = aligned(bytes, count * Words.BYTES_PER_ELEMENT, Words.BYTES_PER_ELEMENT);
  return new Words(buffer, byteOffset, count);
}
