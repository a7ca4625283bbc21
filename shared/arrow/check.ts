import { SheafError } from '../errors.ts';
import type { Batch, FieldNode } from './batch.ts';
import { buffersOf, hasValidity, type Layout } from './layout.ts';
import { type Placed, placed } from './placed.ts';
import { bigInt64s, int32s } from './words.ts';

/**
 * Checks that a batch holds what its nodes claim, so that native code that trusts it reads no byte outside its buffers:
 * lengths, nulls, every offset, every type id.
 *
 * @throws SheafError `FILE_CORRUPT` naming the column by its place
 */
export function checkBatch(layouts: readonly Layout[], batch: Batch): void {
  checkColumns(placed(layouts), batch);
}

/** As `checkBatch`, for some of the columns. */
export function checkColumns(columns: readonly Placed[], batch: Batch): void {
  for (const [i, column] of columns.entries()) {
    try {
      checkNode(column, batch, batch.rows);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      throw new SheafError('FILE_CORRUPT', `Column ${i} of an Arrow batch is malformed: ${error.message}`, {
        next: 'Check what made the batch.',
      });
    }
  }
}

class Mismatch extends Error {}

function expect(held: boolean, message: string): asserts held {
  if (!held) throw new Mismatch(message);
}

/** Checks a node, which must have at least `rows` rows, and its children. */
function checkNode({ layout, node: place, buffer, children }: Placed, batch: Batch, rows: number): void {
  const node = batch.nodes[place];
  expect(node !== undefined, 'it is missing');
  const { length } = node;
  expect(Number.isSafeInteger(length) && length >= rows, `it has ${length} rows where ${rows} are needed`);
  const buffers = batch.buffers.slice(buffer, buffer + buffersOf[layout.kind]);
  expect(buffers.length === buffersOf[layout.kind], 'buffers are missing');
  if (hasValidity(layout)) checkValidity(node, buffers[0]);
  const childRows = checkValues(layout, length, buffers);
  for (const child of children) checkNode(child, batch, childRows);
}

function checkValidity({ length, nullCount }: FieldNode, bitmap: Uint8Array = none): void {
  expect(nullCount >= -1 && nullCount <= length, `it has ${nullCount} nulls in ${length} rows`);
  if (bitmap.byteLength === 0) expect(nullCount <= 0, `it has ${nullCount} nulls and no validity bitmap`);
  else long(bitmap, (length + 7) >> 3, 'validity');
}

const none = new Uint8Array(0);

/** Returns how many rows each child must have. */
function checkValues(layout: Layout, length: number, buffers: readonly Uint8Array[]): number {
  const [first = none, second = none, third = none] = buffers;
  switch (layout.kind) {
    case 'bits':
      long(second, (length + 7) >> 3, 'values');
      return 0;
    case 'fixed':
      long(second, length * layout.width, 'values');
      return 0;
    case 'variable':
      long(third, lastOffset(second, length, layout.offsetBytes), 'values');
      return 0;
    case 'list':
      return lastOffset(second, length, layout.offsetBytes);
    case 'fixedList':
      return length * layout.size;
    case 'sparseUnion':
      checkTypeIds(first, length, layout.children.length);
      return length;
    case 'denseUnion':
      throw new Mismatch('it is a dense union: make it a sparse one');
    default:
      return length;
  }
}

function long(buffer: Uint8Array, bytes: number, what: string): void {
  expect(buffer.byteLength >= bytes, `${what} have ${buffer.byteLength} bytes where ${bytes} are needed`);
}

function lastOffset(buffer: Uint8Array, length: number, width: 4 | 8): number {
  if (length === 0) return 0;
  long(buffer, (length + 1) * width, 'offsets');
  return width === 4 ? last(int32s(buffer, length + 1)) : lastWide(bigInt64s(buffer, length + 1));
}

function last(offsets: Int32Array): number {
  let at = 0;
  let ordered = true;
  for (let i = 0; i < offsets.length; i++) {
    const next = offsets[i] as number;
    if (next < at) ordered = false;
    at = next;
  }
  expect(ordered, 'its offsets do not grow');
  return at;
}

function lastWide(offsets: BigInt64Array): number {
  let at = 0n;
  let ordered = true;
  for (const next of offsets) {
    if (next < at) ordered = false;
    at = next;
  }
  expect(ordered && at <= Number.MAX_SAFE_INTEGER, 'its offsets do not grow');
  return Number(at);
}

function checkTypeIds(buffer: Uint8Array, length: number, children: number): void {
  long(buffer, length, 'type ids');
  let highest = -1;
  for (let i = 0; i < length; i++) highest = Math.max(highest, buffer[i] as number);
  expect(highest < children, `type id ${highest} of ${children} types`);
}
