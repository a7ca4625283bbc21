import { type Batch, batchBytes } from '../../arrow/batch.ts';
import { bufferPool } from '../../arrow/buffer-pool.ts';
import { SheafError } from '../../errors.ts';
import { arrayWords } from '../native/arrow-struct.ts';
import type { Address } from '../native/library.ts';
import { Block, copy, type NumberAddress, wordAt } from '../native/memory.ts';
import { callback } from '../native/table-function-api.ts';

/** A batch whose buffers DuckDB may be looking at. */
export interface Hold {
  readonly id: number;
  readonly bytes: number;
  /** Copies of buffers that could not be passed by address themselves. */
  readonly copies: Block[];
  /** Referenced here, and so not collected. */
  readonly batch: Batch;
  /** Its memory goes back to the pool. */
  readonly owned: boolean;
  /** Arrays handed out that DuckDB has not released. */
  arrays: number;
  /** No more will be handed out. */
  done: boolean;
}

const holds = new Map<number, Hold>();
let lastId = 0;
let heldBytes = 0;

/** Bytes of batches that this thread holds for DuckDB. */
export const bytesHeld = (): number => heldBytes;

/**
 * Holds a batch until all its arrays are released.
 *
 * @param owned nobody else looks at it: its memory then goes back to the pool
 * @throws SheafError `OUT_OF_MEMORY` if this thread already holds so much that the batch does not fit
 */
export function hold(batch: Batch, bytesMax: number, owned = false): Hold {
  const bytes = batchBytes(batch);
  if (heldBytes > 0 && heldBytes + bytes > bytesMax) {
    throw new SheafError(
      'OUT_OF_MEMORY',
      `DuckDB holds ${heldBytes} bytes of input batches; ${bytes} more are too many`,
      {
        retryable: true,
        next: 'Raise inputHeldBytesMax, or make the batches smaller.',
      },
    );
  }
  const made = { id: ++lastId, bytes, copies: [], batch, owned, arrays: 0, done: false };
  holds.set(made.id, made);
  heldBytes += bytes;
  return made;
}

/** Says that no more arrays of the batch will be handed out. */
export function finish(made: Hold): void {
  made.done = true;
  dropIfFree(made);
}

function dropIfFree(made: Hold): void {
  if (!made.done || made.arrays > 0 || !holds.delete(made.id)) return;
  heldBytes -= made.bytes;
  if (made.owned) bufferPool.giveBackBatch(made.batch);
}

const scratch = new Block(8);
const words = new Uint32Array(scratch.bytes.buffer, 0, 2);
const zero = new Block(8);
zero.bytes.fill(0);

let releaseAddress: Address | undefined;

/**
 * `release` of every array handed to DuckDB. DuckDB calls it with its own copy of the struct, whose private data is the
 * number of the hold, when the last vector that looks at the buffers is gone.
 */
export function releaseCallback(): number {
  releaseAddress ??= callback(release);
  return Number(releaseAddress);
}

function release(array: NumberAddress): void {
  copy(scratch.address, array + 8 * arrayWords.privateData, 8);
  const made = holds.get(wordAt(words, 0));
  copy(array + 8 * arrayWords.release, zero.address, 8);
  if (made === undefined) return;
  made.arrays--;
  dropIfFree(made);
}
