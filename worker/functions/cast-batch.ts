import { type Field, type RecordBatch, Table, type Vector } from 'apache-arrow';
import type { Batch, FieldNode } from '../../shared/arrow/batch.ts';
import { fromRecordBatch } from '../../shared/arrow/from-record-batch.ts';
import { buffersOf, childrenOf, type Layout, layoutOf } from '../../shared/arrow/layout.ts';
import { flatSchema } from '../../shared/arrow/record-batch.ts';
import type { Schema } from '../../shared/schema.ts';
import { BadValue, eachRow } from '../../shared/types/builders/column-builder.ts';
import { createBuilder } from '../../shared/types/builders/create-builder.ts';
import { viewsOfBatch } from '../../shared/types/column-view.ts';
import { createReader } from '../../shared/types/readers/create-reader.ts';
import { valueKindOf } from '../../shared/types/value-kind.ts';

interface Parts {
  readonly nodes: FieldNode[];
  readonly buffers: Uint8Array[];
}

/**
 * A function's record batch as a batch of the declared schema. Columns are found by name; those of the declared type
 * are taken as they lie, others are converted value by value where nothing is lost.
 *
 * @throws BadValue for a missing or further column, and for a value that does not convert
 */
export function castBatch(given: RecordBatch, schema: Schema, fields: readonly Field[]): Batch {
  const flat = flatSchema(given.schema).fields;
  checkNames(
    flat.map(({ name }) => name),
    schema,
  );
  const batch = fromRecordBatch(given);
  const columns = columnsOf(batch, flat);
  const out: Parts = { nodes: [], buffers: [] };
  schema.forEach(({ name, type }, i) => {
    const source = flat.findIndex((field) => field.name === name);
    const [from, to, parts] = [flat[source], fields[i], columns[source]];
    if (from === undefined || to === undefined || parts === undefined) throw new RangeError(`no column ${name}`);
    const taken = isSame(from, to) ? parts : convert({ rows: batch.rows, ...parts }, from, to, type);
    out.nodes.push(...taken.nodes);
    out.buffers.push(...taken.buffers);
  });
  return { rows: batch.rows, ...out };
}

/** @throws BadValue unless the names are those of the schema, in whatever order */
export function checkNames(names: readonly string[], schema: Schema): void {
  const missing = schema.find(({ name }) => !names.includes(name));
  if (missing !== undefined) throw new BadValue(missing.name, `a column ${missing.name} ${missing.type}`, undefined);
  const declared = schema.map(({ name }) => name);
  const extra = names.find((name, i) => !declared.includes(name) || names.indexOf(name) !== i);
  if (extra !== undefined) throw new BadValue(extra, `only the columns of the schema: ${declared.join(', ')}`, extra);
}

/** The same values in the same layout. */
function isSame(from: Field, to: Field): boolean {
  const [a, b]: [Field[], Field[]] = [from.type.children ?? [], to.type.children ?? []];
  return (
    JSON.stringify(valueKindOf(from)) === JSON.stringify(valueKindOf(to)) &&
    JSON.stringify(layoutOf(from.type)) === JSON.stringify(layoutOf(to.type)) &&
    a.every((child, i) => b[i] !== undefined && isSame(child, b[i]) && (child.name === b[i].name || !isStruct(to)))
  );
}

const isStruct = (field: Field): boolean => valueKindOf(field).kind === 'struct';

/** A batch's nodes and buffers, column by column. */
function columnsOf(batch: Batch, fields: readonly Field[]): readonly Parts[] {
  let [node, buffer] = [0, 0];
  return fields.map(({ type }) => {
    const [nodes, buffers] = sizeOf(layoutOf(type));
    node += nodes;
    buffer += buffers;
    return { nodes: batch.nodes.slice(node - nodes, node), buffers: batch.buffers.slice(buffer - buffers, buffer) };
  });
}

/** How many nodes and buffers a layout has, its children's included. */
const sizeOf = (layout: Layout): readonly [number, number] =>
  childrenOf(layout).reduce<readonly [number, number]>(
    ([nodes, buffers], child) => {
      const [more, moreBuffers] = sizeOf(child);
      return [nodes + more, buffers + moreBuffers];
    },
    [1, buffersOf[layout.kind]],
  );

function convert(column: Batch, from: Field, to: Field, type: string): Parts {
  const reader = createReader(from);
  const builder = createBuilder(to, to.name, type);
  const [view] = viewsOfBatch(column, [from]);
  if (view !== undefined) reader.bind(view);
  eachRow(Array(column.rows).keys(), (row) => builder.append(reader.get(row)));
  const parts: Parts = { nodes: [], buffers: [] };
  builder.take(parts);
  return parts;
}

/** A vector's values, as functions over rows see them. */
export function* valuesOf(values: Vector): Generator<unknown> {
  const table = new Table({ values });
  const [field] = flatSchema(table.schema).fields;
  if (field === undefined) return;
  const reader = createReader(field);
  for (const given of table.batches) {
    const batch = fromRecordBatch(given);
    const [view] = viewsOfBatch(batch, [field]);
    if (view !== undefined) reader.bind(view);
    for (let row = 0; row < batch.rows; row++) yield reader.get(row);
  }
}

/** The record batches of a table, or of one. */
export const batchesOf = (given: RecordBatch | Table): readonly RecordBatch[] =>
  given instanceof Table ? given.batches : [given];
