import { DataType, type Field, IntervalUnit, UnionMode } from 'apache-arrow';
import { SheafError } from '../errors.ts';

/** How a column lies in memory: what copying, checking and slicing need to know of its type. */
export type Layout =
  /** Only a count of rows. */
  | { readonly kind: 'null' }
  /** A bit per value. */
  | { readonly kind: 'bits' }
  | { readonly kind: 'fixed'; readonly width: number }
  /** Bytes between offsets. */
  | { readonly kind: 'variable'; readonly offsetBytes: 4 | 8 }
  /** Rows of the child between offsets; a map is a list of entries. */
  | { readonly kind: 'list'; readonly offsetBytes: 4 | 8; readonly child: Layout }
  | { readonly kind: 'fixedList'; readonly size: number; readonly child: Layout }
  | { readonly kind: 'struct'; readonly children: readonly Layout[] }
  /** A type id per row; every child has all rows. No validity buffer. */
  | { readonly kind: 'sparseUnion'; readonly children: readonly Layout[] }
  /** A type id and an offset per row. No validity buffer. */
  | { readonly kind: 'denseUnion'; readonly children: readonly Layout[] };

/** Buffers that a node of each kind has, its children's not counted. */
export const buffersOf: Readonly<Record<Layout['kind'], number>> = {
  null: 0,
  bits: 2,
  fixed: 2,
  variable: 3,
  list: 2,
  fixedList: 1,
  struct: 1,
  sparseUnion: 1,
  denseUnion: 2,
};

/** Whether the first buffer is a validity bitmap. */
export const hasValidity = ({ kind }: Layout): boolean =>
  kind !== 'null' && kind !== 'sparseUnion' && kind !== 'denseUnion';

/** Children in order. */
export function childrenOf(layout: Layout): readonly Layout[] {
  if ('children' in layout) return layout.children;
  return 'child' in layout ? [layout.child] : [];
}

/** The layouts of a schema's columns, in their order. @throws SheafError as {@link layoutOf} */
export const layoutsOf = (fields: readonly Field[]): readonly Layout[] => fields.map(({ type }) => layoutOf(type));

/** @throws SheafError `NOT_SUPPORTED` for dictionaries, views and run-end encoding: a `Batch` holds plain values */
export function layoutOf(type: DataType): Layout {
  if (DataType.isNull(type)) return { kind: 'null' };
  if (DataType.isBool(type)) return { kind: 'bits' };
  if (DataType.isUtf8(type) || DataType.isBinary(type)) return { kind: 'variable', offsetBytes: 4 };
  if (DataType.isLargeUtf8(type) || DataType.isLargeBinary(type)) return { kind: 'variable', offsetBytes: 8 };
  if (DataType.isList(type) || DataType.isMap(type)) return { kind: 'list', offsetBytes: 4, child: only(type) };
  if (DataType.isLargeList(type)) return { kind: 'list', offsetBytes: 8, child: only(type) };
  if (DataType.isFixedSizeList(type)) return { kind: 'fixedList', size: type.listSize, child: only(type) };
  if (DataType.isStruct(type)) return { kind: 'struct', children: layoutsOf(type.children) };
  if (DataType.isUnion(type)) {
    const kind = type.mode === UnionMode.Sparse ? 'sparseUnion' : 'denseUnion';
    return { kind, children: layoutsOf(type.children) };
  }
  return { kind: 'fixed', width: widthOf(type) };
}

const only = (type: DataType): Layout => {
  const [child] = type.children as Field[];
  if (child === undefined) throw unsupported(type);
  return layoutOf(child.type);
};

function widthOf(type: DataType): number {
  if (DataType.isInt(type) || DataType.isTime(type) || DataType.isDecimal(type)) return type.bitWidth / 8;
  if (DataType.isFloat(type)) return 2 << type.precision;
  if (DataType.isDate(type)) return 4 << type.unit;
  if (DataType.isTimestamp(type) || DataType.isDuration(type)) return 8;
  if (DataType.isFixedSizeBinary(type)) return type.byteWidth;
  if (DataType.isInterval(type)) {
    return { [IntervalUnit.YEAR_MONTH]: 4, [IntervalUnit.DAY_TIME]: 8, [IntervalUnit.MONTH_DAY_NANO]: 16 }[type.unit];
  }
  throw unsupported(type);
}

const unsupported = (type: DataType): SheafError =>
  new SheafError('NOT_SUPPORTED', `Arrow type ${type} is not a plain column of values`, {
    next: 'Dictionaries are decoded by fromRecordBatch; cast other encodings to plain types first.',
  });
