import type { Batch, FieldNode } from '../../../shared/arrow/batch.ts';
import { provenance } from '../../../shared/plan/nodes/extract.ts';
import type { Schema } from '../../../shared/schema.ts';
import { newBuffer } from '../../../shared/types/builders/growing-column.ts';
import type { ColumnParts, DecodedBatch } from './decoder.ts';

type Role = keyof typeof provenance;
const roles = Object.fromEntries(
  Object.entries(provenance).map(([role, { name }]) => [name, role as Role]),
) as Readonly<Record<string, Role>>;

/** Columns of the data among those that are asked for. */
export const dataColumns = (columns: Schema): Schema => columns.filter(({ name }) => roles[name] === undefined);

/** Whether a column of provenance is among those asked for. */
export const asksFor = (columns: Schema, role: Role): boolean =>
  columns.some(({ name }) => name === provenance[role].name);

/**
 * The batch with the columns asked for, in their order. @param buffersOf how many buffers each column of the data has
 */
export function withProvenance(
  columns: Schema,
  decoded: DecodedBatch,
  source: string,
  shapes: readonly Shape[],
): Batch {
  const { batch } = decoded;
  if (shapes.length === columns.length) return batch;
  const nodes: FieldNode[] = [];
  const buffers: Uint8Array[] = [];
  const data = splitColumns(batch, shapes).values();
  for (const { name } of columns) {
    const role = roles[name];
    const parts = role === undefined ? data.next().value : provenanceParts(role, decoded, source);
    nodes.push(...(parts?.nodes ?? []));
    buffers.push(...(parts?.buffers ?? []));
  }
  return { rows: batch.rows, nodes, buffers };
}

/** How many nodes and buffers a column has, its children's counted. */
export interface Shape {
  readonly nodes: number;
  readonly buffers: number;
}

function splitColumns(batch: Batch, shapes: readonly Shape[]): ColumnParts[] {
  let [node, buffer] = [0, 0];
  return shapes.map((shape) => {
    const nodes = batch.nodes.slice(node, node + shape.nodes);
    const buffers = batch.buffers.slice(buffer, buffer + shape.buffers);
    node += shape.nodes;
    buffer += shape.buffers;
    return { nodes, buffers };
  });
}

const noBytes = new Uint8Array(0);

function provenanceParts(role: Role, { batch, firstRow, reasons }: DecodedBatch, source: string): ColumnParts {
  const { rows } = batch;
  if (role === 'source') return repeated(source, rows);
  if (role === 'position') return counted(firstRow, rows);
  return (role === 'rejected' ? reasons?.reason : reasons?.raw) ?? allNull(rows);
}

function repeated(text: string, rows: number): ColumnParts {
  const bytes = Buffer.from(text, 'utf8');
  const offsets = new Int32Array(newBuffer(4 * (rows + 1)), 0, rows + 1);
  const data = new Uint8Array(newBuffer(bytes.length * rows), 0, bytes.length * rows);
  for (let row = 0; row < rows; row++) {
    data.set(bytes, row * bytes.length);
    offsets[row + 1] = (row + 1) * bytes.length;
  }
  return {
    nodes: [{ length: rows, nullCount: 0 }],
    buffers: [noBytes, new Uint8Array(offsets.buffer, 0, 4 * (rows + 1)), data],
  };
}

function counted(first: number, rows: number): ColumnParts {
  const numbers = new BigInt64Array(newBuffer(8 * rows), 0, rows);
  for (let row = 0; row < rows; row++) numbers[row] = BigInt(first + row);
  return { nodes: [{ length: rows, nullCount: 0 }], buffers: [noBytes, new Uint8Array(numbers.buffer, 0, 8 * rows)] };
}

function allNull(rows: number): ColumnParts {
  const validity = new Uint8Array(newBuffer((rows + 7) >> 3), 0, (rows + 7) >> 3);
  const offsets = new Uint8Array(newBuffer(4 * (rows + 1)), 0, 4 * (rows + 1));
  return { nodes: [{ length: rows, nullCount: rows }], buffers: [validity, offsets, noBytes] };
}
