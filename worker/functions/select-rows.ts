import type { Field } from 'apache-arrow';
import type { Batch, FieldNode } from '../../shared/arrow/batch.ts';
import { childrenOf, hasValidity, type Layout, layoutOf } from '../../shared/arrow/layout.ts';
import { SheafError } from '../../shared/errors.ts';
import { type ColumnView, isNull, viewsOfBatch } from '../../shared/types/column-view.ts';

/** Row numbers in rising order: the first `count` of `rows`. */
export interface Selection {
  readonly rows: Int32Array;
  readonly count: number;
}

/**
 * The selected rows of a batch. Bytes are copied as they lie: no value is read as JavaScript.
 *
 * @throws SheafError `NOT_SUPPORTED` for unions
 */
export function selectRows(batch: Batch, fields: readonly Field[], selection: Selection): Batch {
  if (selection.count === batch.rows) return batch;
  const nodes: FieldNode[] = [];
  const buffers: Uint8Array[] = [];
  viewsOfBatch(batch, fields).forEach((view, i) => {
    const field = fields[i];
    if (field !== undefined) gather(view, layoutOf(field.type), selection, { nodes, buffers });
  });
  return { rows: selection.count, nodes, buffers };
}

interface Parts {
  readonly nodes: FieldNode[];
  readonly buffers: Uint8Array[];
}

const noBytes = new Uint8Array(0);

function gather(view: ColumnView, layout: Layout, selection: Selection, parts: Parts): void {
  const { count } = selection;
  const validity = hasValidity(layout) ? gatherValidity(view, selection) : null;
  parts.nodes.push({ length: count, nullCount: layout.kind === 'null' ? count : (validity?.nullCount ?? 0) });
  if (hasValidity(layout)) parts.buffers.push(validity?.bits ?? noBytes);
  switch (layout.kind) {
    case 'null':
      break;
    case 'bits':
      parts.buffers.push(gatherBits(view.values, selection));
      break;
    case 'fixed':
      parts.buffers.push(gatherFixed(view.values, layout.width, selection));
      break;
    case 'variable':
      gatherVariable(view, selection, parts);
      break;
    case 'list':
      gatherList(view, layout.child, selection, parts);
      break;
    case 'fixedList':
      gatherChild(view, layout.child, expanded(selection, layout.size), parts);
      break;
    case 'struct':
      childrenOf(layout).forEach((child, i) => {
        gather(childOf(view, i), child, selection, parts);
      });
      break;
    default:
      throw new SheafError('NOT_SUPPORTED', 'A filter function cannot pass on columns of type UNION', {
        next: 'Leave the column out with `select`, or write the condition in SQL.',
      });
  }
}

const childOf = ({ children }: ColumnView, index: number): ColumnView => {
  const child = children[index];
  if (child === undefined) throw new RangeError(`a column comes without its child ${index}`);
  return child;
};

const gatherChild = (view: ColumnView, layout: Layout, selection: Selection, parts: Parts): void =>
  gather(childOf(view, 0), layout, selection, parts);

function gatherValidity(view: ColumnView, { rows, count }: Selection): { bits: Uint8Array; nullCount: number } | null {
  if (view.validity === null) return null;
  const bits = new Uint8Array((count + 7) >> 3);
  let nullCount = 0;
  for (let i = 0; i < count; i++) {
    if (isNull(view, rows[i] ?? 0)) nullCount++;
    else bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  }
  return nullCount === 0 ? null : { bits, nullCount };
}

function gatherBits(source: Uint8Array, { rows, count }: Selection): Uint8Array {
  const bits = new Uint8Array((count + 7) >> 3);
  for (let i = 0; i < count; i++) {
    const row = rows[i] ?? 0;
    const bit = ((source[row >> 3] ?? 0) >> (row & 7)) & 1;
    bits[i >> 3] = (bits[i >> 3] ?? 0) | (bit << (i & 7));
  }
  return bits;
}

/** The widest element that divides a width and that source and target are aligned for. */
function gatherFixed(source: Uint8Array, width: number, { rows, count }: Selection): Uint8Array {
  const target = new Uint8Array(new ArrayBuffer(count * width));
  const isAligned = (bytes: number): boolean => width === bytes && source.byteOffset % bytes === 0;
  const length = Math.floor(source.byteLength / width);
  if (isAligned(8)) {
    // Doubles are moved as they are, signalling NaNs might not be: 64 bits are moved as integers.
    const from = new BigInt64Array(source.buffer, source.byteOffset, length);
    const to = new BigInt64Array(target.buffer);
    for (let i = 0; i < count; i++) to[i] = from[rows[i] ?? 0] ?? 0n;
  } else if (isAligned(4)) {
    const from = new Int32Array(source.buffer, source.byteOffset, length);
    const to = new Int32Array(target.buffer);
    for (let i = 0; i < count; i++) to[i] = from[rows[i] ?? 0] ?? 0;
  } else if (width === 1) {
    for (let i = 0; i < count; i++) target[i] = source[rows[i] ?? 0] ?? 0;
  } else {
    for (let i = 0; i < count; i++) {
      const at = (rows[i] ?? 0) * width;
      for (let byte = 0; byte < width; byte++) target[i * width + byte] = source[at + byte] ?? 0;
    }
  }
  return target;
}

/** Offsets of selected rows, and calls `each` with every row's old range. */
function gatherOffsets(
  { offsets }: ColumnView,
  { rows, count }: Selection,
  each: (start: number, end: number, target: number) => void,
): Uint8Array {
  const isWide = offsets instanceof BigInt64Array;
  const target = isWide ? new BigInt64Array(count + 1) : new Int32Array(count + 1);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i] ?? 0;
    const [start, end] = [Number(offsets?.[row] ?? 0), Number(offsets?.[row + 1] ?? 0)];
    each(start, end, at);
    at += end - start;
    if (isWide) target[i + 1] = BigInt(at);
    else target[i + 1] = at;
  }
  return new Uint8Array(target.buffer);
}

function gatherVariable(view: ColumnView, selection: Selection, parts: Parts): void {
  const { values } = view;
  const pieces: number[] = [];
  let bytes = 0;
  const offsets = gatherOffsets(view, selection, (start, end) => {
    bytes += end - start;
    // Neighbours are copied in one piece.
    if (pieces.length > 0 && pieces[pieces.length - 1] === start) pieces[pieces.length - 1] = end;
    else pieces.push(start, end);
  });
  const target = new Uint8Array(bytes);
  for (let i = 0, at = 0; i < pieces.length; i += 2) {
    const piece = values.subarray(pieces[i], pieces[i + 1]);
    target.set(piece, at);
    at += piece.length;
  }
  parts.buffers.push(offsets, target);
}

function gatherList(view: ColumnView, child: Layout, selection: Selection, parts: Parts): void {
  const elements: number[] = [];
  const offsets = gatherOffsets(view, selection, (start, end) => {
    for (let i = start; i < end; i++) elements.push(i);
  });
  parts.buffers.push(offsets);
  gatherChild(view, child, { rows: Int32Array.from(elements), count: elements.length }, parts);
}

/** The elements of fixed arrays of the selected rows. */
function expanded({ rows, count }: Selection, size: number): Selection {
  const elements = new Int32Array(count * size);
  for (let i = 0; i < elements.length; i++) elements[i] = (rows[Math.floor(i / size)] ?? 0) * size + (i % size);
  return { rows: elements, count: elements.length };
}
