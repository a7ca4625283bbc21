import { SheafError } from '../errors.ts';
import type { Batch, FieldNode } from './batch.ts';
import { buffersOf, childrenOf, hasValidity, type Layout } from './layout.ts';
import { bigInt64s, int32s } from './words.ts';

/**
 * Checks that a batch holds what its nodes claim, so that native code that trusts it reads no byte outside its buffers:
 * lengths, nulls, every offset, every type id.
 *
 * @throws SheafError `FILE_CORRUPT` naming the column by its place
 */
export function checkBatch(layouts: readonly Layout[], batch: Batch): void {
  const cursor = new Cursor(batch);
  layouts.forEach((layout, column) => {
    try {
      cursor.check(layout, batch.rows);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      throw new SheafError('FILE_CORRUPT', `Column ${column} of an Arrow batch is malformed: ${error.message}`, {
        next: 'Check what made the batch.',
      });
    }
  });
  if (cursor.done) return;
  throw new SheafError('FILE_CORRUPT', 'An Arrow batch has more columns than its schema');
}

class Mismatch extends Error {}

function expect(held: boolean, message: string): asserts held {
  if (!held) throw new Mismatch(message);
}

class Cursor {
  readonly #batch: Batch;
  #node = 0;
  #buffer = 0;

  constructor(batch: Batch) {
    this.#batch = batch;
  }

  get done(): boolean {
    return this.#node === this.#batch.nodes.length && this.#buffer === this.#batch.buffers.length;
  }

  /** Checks the next node and its children. It must have at least `rows` rows. */
  check(layout: Layout, rows: number): void {
    const node = this.#batch.nodes[this.#node++];
    expect(node !== undefined, 'it is missing');
    const { length } = node;
    expect(Number.isSafeInteger(length) && length >= rows, `it has ${length} rows where ${rows} are needed`);
    const buffers = this.#batch.buffers.slice(this.#buffer, this.#buffer + buffersOf[layout.kind]);
    this.#buffer += buffers.length;
    expect(buffers.length === buffersOf[layout.kind], 'buffers are missing');
    if (hasValidity(layout)) checkValidity(node, buffers[0]);
    const childRows = checkValues(layout, length, buffers);
    for (const child of childrenOf(layout)) this.check(child, childRows);
  }
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
