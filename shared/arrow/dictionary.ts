import type { DataType } from 'apache-arrow';
import { SheafError } from '../errors.ts';
import type { Batch } from './batch.ts';
import { bitAt } from './bits.ts';
import { type Layout, layoutOf } from './layout.ts';
import { bytesOf, int32s } from './words.ts';

/** The values of a dictionary, over all its chunks, by their number. */
export type Lookup = (index: number) => Uint8Array | undefined;

const none = new Uint8Array(0);

/** @throws SheafError `NOT_SUPPORTED` for values that are not strings, bytes, or of one width */
export function lookupOf(type: DataType, chunks: readonly Batch[]): Lookup {
  const layout = layoutOf(type);
  const lookups = chunks.map((chunk) => chunkLookup(type, layout, chunk));
  return (index) => {
    let at = index;
    for (const [i, { rows }] of chunks.entries()) {
      if (at < rows) return lookups[i]?.(at);
      at -= rows;
    }
    return undefined;
  };
}

function chunkLookup(type: DataType, layout: Layout, { rows, nodes, buffers }: Batch): Lookup {
  const [validity = none, second = none, third = none] = buffers;
  const nullable = (nodes[0]?.nullCount ?? 0) > 0;
  const valueAt = valuesOf(type, layout, rows, second, third);
  return (at) => (nullable && bitAt(validity, at) === 0 ? undefined : valueAt(at));
}

function valuesOf(type: DataType, layout: Layout, rows: number, second: Uint8Array, third: Uint8Array): Lookup {
  if (layout.kind === 'fixed') {
    const { width } = layout;
    return (at) => second.subarray(at * width, (at + 1) * width);
  }
  if (layout.kind === 'variable' && layout.offsetBytes === 4) {
    const offsets = rows === 0 ? new Int32Array(1) : int32s(second, rows + 1);
    return (at) => third.subarray(offsets[at], offsets[at + 1]);
  }
  throw new SheafError('NOT_SUPPORTED', `A dictionary of ${type} values cannot become a batch`, {
    next: 'Write the values without a dictionary.',
  });
}

/** Buffers after validity of a column that holds these values; undefined ones are empty. */
export function plainBuffers(type: DataType, values: readonly (Uint8Array | undefined)[]): Uint8Array[] {
  const layout = layoutOf(type);
  if (layout.kind === 'fixed') return [joined(values, (_, i) => i * layout.width, values.length * layout.width)];
  const offsets = new Int32Array(values.length + 1);
  values.forEach((value, i) => {
    offsets[i + 1] = (offsets[i] as number) + (value?.byteLength ?? 0);
  });
  return [bytesOf(offsets), joined(values, (_, i) => offsets[i] as number, offsets[values.length] as number)];
}

function joined(
  values: readonly (Uint8Array | undefined)[],
  placeOf: (value: Uint8Array, index: number) => number,
  byteLength: number,
): Uint8Array {
  const out = new Uint8Array(byteLength);
  values.forEach((value, i) => {
    if (value !== undefined) out.set(value, placeOf(value, i));
  });
  return out;
}
