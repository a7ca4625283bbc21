import { DataType, type Field } from 'apache-arrow';
import type { Batch, FieldNode } from '../arrow/batch.ts';

/** One column's buffers, its children's below it: what value readers look into. */
export interface ColumnView {
  readonly length: number;
  /** A bit per row, set where there is a value; null if all rows have one. */
  readonly validity: Uint8Array | null;
  /** Fixed-width values, bits, or the bytes between offsets. */
  readonly values: Uint8Array;
  /** Where rows begin and end, for lists and for values of variable length. */
  readonly offsets: Int32Array | BigInt64Array | null;
  readonly children: readonly ColumnView[];
}

/** What a reader looks into before it has a batch. */
export const emptyView: ColumnView = {
  length: 0,
  validity: null,
  values: new Uint8Array(0),
  offsets: null,
  children: [],
};

/** Whether a row's value is null. */
export const isNull = ({ validity }: ColumnView, row: number): boolean =>
  validity !== null && ((validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0;

/** The columns of a batch. Nothing is copied, except what is not aligned. */
export function viewsOfBatch(batch: Batch, fields: readonly Field[]): readonly ColumnView[] {
  const nodes = batch.nodes.values();
  const buffers = batch.buffers.values();
  return fields.map(({ type }) => viewOf(type, nodes, buffers));
}

const noBytes = new Uint8Array(0);

function viewOf(type: DataType, nodes: Iterator<FieldNode>, buffers: Iterator<Uint8Array>): ColumnView {
  const node: FieldNode = nodes.next().value ?? { length: 0, nullCount: 0 };
  const next = (): Uint8Array => buffers.next().value ?? noBytes;
  const isUnion = DataType.isUnion(type);
  const bitmap = DataType.isNull(type) || isUnion ? noBytes : next();
  const offsets = hasOffsets(type) ? typedOffsets(type, next(), node.length) : null;
  const hasValues = !DataType.isNull(type) && (isUnion || !isNested(type));
  const values = hasValues ? next() : noBytes;
  const children = (type.children ?? []).map((child: Field) => viewOf(child.type, nodes, buffers));
  const validity = node.nullCount > 0 && bitmap.length > 0 ? bitmap : null;
  return { length: node.length, validity, values, offsets, children };
}

const isWide = (type: DataType): boolean =>
  DataType.isLargeUtf8(type) || DataType.isLargeBinary(type) || DataType.isLargeList(type);

const hasOffsets = (type: DataType): boolean =>
  isWide(type) || DataType.isUtf8(type) || DataType.isBinary(type) || DataType.isList(type) || DataType.isMap(type);

const isNested = (type: DataType): boolean => (type.children?.length ?? 0) > 0 || DataType.isStruct(type);

/** An empty column may come without offsets; it has the one that it needs. */
function typedOffsets(type: DataType, bytes: Uint8Array, rows: number): Int32Array | BigInt64Array {
  if (rows === 0 && bytes.length === 0) return isWide(type) ? new BigInt64Array(1) : new Int32Array(1);
  return isWide(type) ? typed(BigInt64Array, bytes) : typed(Int32Array, bytes);
}

/** The class of such arrays. */
export interface TypedArrayOf<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

/** The bytes as a typed array, copied only if they are not aligned for it. */
export function typed<T>(type: TypedArrayOf<T>, bytes: Uint8Array): T {
  const length = Math.floor(bytes.byteLength / type.BYTES_PER_ELEMENT);
  const isAligned = bytes.byteOffset % type.BYTES_PER_ELEMENT === 0;
  const { buffer, byteOffset } = isAligned ? bytes : bytes.slice();
  return new type(buffer, byteOffset, length);
}
