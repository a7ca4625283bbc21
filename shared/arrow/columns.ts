import type { Field } from 'apache-arrow';
import type { Batch } from './batch.ts';
import { buffersOf, childrenOf, type Layout, layoutOf } from './layout.ts';

/** Nodes `[nodes.from, nodes.to)` and buffers of one column within a batch. */
interface Place {
  readonly nodes: readonly [from: number, to: number];
  readonly buffers: readonly [from: number, to: number];
}

/** Takes some columns of batches of one schema, in the order of the names. Nothing is copied. */
export function columnPicker(fields: readonly Field[], names: readonly string[]): (batch: Batch) => Batch {
  const places = placesOf(fields);
  const picked = names.flatMap((name) => {
    const at = fields.findIndex((field) => field.name === name);
    if (at < 0) throw new RangeError(`there is no column ${name} to pick`);
    return places.slice(at, at + 1);
  });
  return ({ rows, nodes, buffers }) => ({
    rows,
    nodes: picked.flatMap((place) => nodes.slice(...place.nodes)),
    buffers: picked.flatMap((place) => buffers.slice(...place.buffers)),
  });
}

/** Columns side by side: batches of equally many rows as one. */
export const sideBySide = (rows: number, batches: readonly Batch[]): Batch => ({
  rows,
  nodes: batches.flatMap(({ nodes }) => nodes),
  buffers: batches.flatMap(({ buffers }) => buffers),
});

function placesOf(fields: readonly Field[]): Place[] {
  let [node, buffer] = [0, 0];
  return fields.map(({ type }) => {
    const { nodes, buffers } = countOf(layoutOf(type));
    const place = { nodes: [node, node + nodes], buffers: [buffer, buffer + buffers] } as const;
    [node, buffer] = [node + nodes, buffer + buffers];
    return place;
  });
}

function countOf(layout: Layout): { readonly nodes: number; readonly buffers: number } {
  const own = { nodes: 1, buffers: buffersOf[layout.kind] };
  return childrenOf(layout)
    .map(countOf)
    .reduce((sum, child) => ({ nodes: sum.nodes + child.nodes, buffers: sum.buffers + child.buffers }), own);
}
