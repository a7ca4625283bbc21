import type { Field } from 'apache-arrow';
import type { Batch } from '../arrow/batch.ts';
import type { Schema } from '../schema.ts';
import { BadValue, type ColumnBuilder } from './builders/column-builder.ts';
import { createBuilder } from './builders/create-builder.ts';
import type { BatchParts } from './builders/growing-column.ts';

/** When a batch under construction is full. */
export interface BatchLimits {
  readonly batchRowsMax: number;
  readonly batchBytesMax: number;
}

/** Every so many rows the bytes are counted, and before that whenever the rows have doubled: rows may be large. */
const countEveryRows = 256;

/** Collects rows into batches of a schema. */
export interface RowBuilder {
  /**
   * Adds one row, an object with exactly the columns of the schema.
   *
   * @throws BadValue if it is another, or a value is not of its column's type
   */
  append(row: unknown): void;
  /** Full batches so far, and the last one if `isEnd`; they are handed over once. */
  take(isEnd: boolean): Batch[];
}

/** The builders of a schema's columns. `fields` are the schema's columns as Arrow fields. */
export function createBuilders(schema: Schema, fields: readonly Field[]): readonly ColumnBuilder[] {
  return schema.map(({ name, type }, i) => {
    const field = fields[i];
    if (field === undefined) throw new RangeError(`column ${name} has no Arrow field`);
    return createBuilder(field, name, type);
  });
}

/**
 * A builder of rows whose code is generated for the schema, so that each column has a call of its own which V8 can
 * inline.
 */
export function createRowBuilder(schema: Schema, fields: readonly Field[], limits: BatchLimits): RowBuilder {
  const builders = createBuilders(schema, fields);
  const ready: Batch[] = [];
  const full = (): void => {
    if (builders.reduce((sum, { bytes }) => sum + bytes, 0) >= limits.batchBytesMax) emit();
  };
  const emit = (): void => void ready.push(takeBatch(builders));
  const names = schema.map(({ name }) => name);
  const refuse = (row: unknown): void => refuseRow(row, names);
  const append = new Function('builders', 'refuse', 'full', 'emit', appendSource(names, limits.batchRowsMax))(
    builders,
    refuse,
    full,
    emit,
  ) as RowBuilder['append'];
  return {
    append,
    take(isEnd) {
      if (isEnd && (builders[0]?.length ?? 0) > 0) emit();
      return ready.splice(0);
    },
  };
}

function appendSource(names: readonly string[], rowsMax: number): string {
  const columns = names.map((name, i) => {
    const key = JSON.stringify(name);
    return `x = row[${key}]; if (x === undefined && !(${key} in row)) refuse(row); b${i}.append(x);`;
  });
  return `const [${names.map((_, i) => `b${i}`).join(', ')}] = builders;
    return (row) => {
      if (typeof row !== 'object' || row === null) refuse(row);
      let x;
      ${columns.join('\n')}
      let count = 0;
      for (const name in row) count++;
      if (count !== ${names.length}) refuse(row);
      if (b0.length >= ${rowsMax}) emit();
      else if ((b0.length & ${countEveryRows - 1}) === 0 || (b0.length & (b0.length - 1)) === 0) full();
    };`;
}

/** Says what is wrong with a row whose columns are not those of the schema; a row with hidden columns may be right. */
function refuseRow(row: unknown, names: readonly string[]): void {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) throw new BadValue('', 'a row object', row);
  if ('then' in row && typeof row.then === 'function')
    throw new BadValue('', 'a row object, not a promise of one', row);
  const missing = names.find((name) => !(name in row));
  if (missing !== undefined) throw new BadValue(missing, 'a value (null where there is none)', undefined);
  const extra = Object.keys(row).find((name) => !names.includes(name));
  if (extra !== undefined) {
    throw new BadValue(
      extra,
      `only the columns of the schema: ${names.join(', ')}`,
      (row as Record<string, unknown>)[extra],
    );
  }
}

/** The rows so far as a batch; the builders begin anew. */
export function takeBatch(builders: readonly ColumnBuilder[]): Batch {
  const parts: BatchParts = { nodes: [], buffers: [] };
  const rows = builders[0]?.length ?? 0;
  for (const builder of builders) builder.take(parts);
  return { rows, ...parts };
}
