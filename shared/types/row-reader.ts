import type { Field } from 'apache-arrow';
import type { Batch } from '../arrow/batch.ts';
import { type ColumnView, viewsOfBatch } from './column-view.ts';
import { createReader } from './readers/create-reader.ts';
import { PlainReader, type Reader } from './readers/reader.ts';

/** Source text that makes a row object of column readers, for functions that are generated per schema. */
export interface RowSource {
  /** The readers that the text knows as `r0`, `r1`, …, to be passed as the array `readers`. */
  readonly readers: readonly Reader[];
  /** The places of the readers' columns in the schema. */
  readonly columns: readonly number[];
  /** Statements that declare what the others use. */
  readonly declare: string;
  /** Statements to be run after the readers were bound to a batch. */
  readonly bind: string;
  /** The expression of row `i`. */
  readonly row: string;
}

/**
 * Generates a row as an object literal of its own per row: rows may be kept, spread and compared as plain objects, and
 * V8 removes those that do not outlive a function that it inlined. Plain numbers are read straight from their arrays.
 *
 * @param names the columns that the row has; null for all
 */
export function rowSource(fields: readonly Field[], names: readonly string[] | null): RowSource {
  const columns = fields.flatMap(({ name }, i) => (names === null || names.includes(name) ? [i] : []));
  const readers = columns.flatMap((column) => fields.slice(column, column + 1).map(createReader));
  const plain = readers.flatMap((reader, i) => (reader instanceof PlainReader ? [i] : []));
  const values = readers.map((reader, i) => (reader instanceof PlainReader ? plainValue(i) : `r${i}.get(i)`));
  const keys = columns.map((column) => literalKey(fields[column]?.name ?? ''));
  return {
    readers,
    columns,
    declare: [
      `const [${readers.map((_, i) => `r${i}`).join(', ')}] = readers;`,
      ...plain.map((i) => `let d${i}, n${i};`),
    ].join('\n'),
    bind: plain.map((i) => `d${i} = r${i}.values; n${i} = r${i}.view.validity;`).join('\n'),
    row: `({ ${keys.map((key, i) => `${key}: ${values[i]}`).join(', ')} })`,
  };
}

/** `"__proto__": x` would set the prototype; computed, it is a property like any other. */
const literalKey = (name: string): string => (name === '__proto__' ? '["__proto__"]' : JSON.stringify(name));

const plainValue = (i: number): string =>
  `(n${i} !== null && (n${i}[i >> 3] & (1 << (i & 7))) === 0 ? null : d${i}[i])`;

/** Binds the readers of a row to the columns of a batch. */
export function bindReaders({ readers, columns }: RowSource, views: readonly ColumnView[]): void {
  readers.forEach((reader, i) => {
    const view = views[columns[i] ?? -1];
    if (view !== undefined) reader.bind(view);
  });
}

/** Reads the rows of batches of one schema. */
export interface RowReader {
  bind(batch: Batch): void;
  row(index: number): Readonly<Record<string, unknown>>;
}

/**
 * A reader of whole rows, or of some columns of them, by the mapping of `RowOf`.
 *
 * @throws SheafError `NOT_SUPPORTED` for a column without a JavaScript value
 */
export function createRowReader(fields: readonly Field[], names: readonly string[] | null = null): RowReader {
  const source = rowSource(fields, names);
  const text = `${source.declare}\nreturn { bind() { ${source.bind} }, row: (i) => ${source.row} };`;
  const rows = new Function('readers', text)(source.readers) as { bind(): void; row: RowReader['row'] };
  return {
    bind(batch) {
      bindReaders(source, viewsOfBatch(batch, fields));
      rows.bind();
    },
    row: rows.row,
  };
}
