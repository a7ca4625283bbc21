import type { Json } from '../json.ts';
import type { ObjectStorage } from '../plan/nodes/scan.ts';
import type { Schema } from '../schema.ts';

/** What a task reads from, through a connector. */
export interface SourceSpec {
  /** A name of `connectors/registry.ts`. */
  readonly connector: string;
  /** A secret stands in them by name: the worker puts its value in. */
  readonly options: Json;
}

/** Segments `[from, to)` of a spooled dataset, in order. */
export interface SegmentRange {
  readonly from: number;
  readonly to: number;
}

/** A file as the coordinator saw it: a worker checks size and time before it reads, so that both speak of the same bytes. */
export interface FileRef {
  /** Absolute path, or `s3://bucket/key`. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Of an object: its tag, which changes with its bytes (a worker reads no others), and its storage as the scan names it. */
  readonly object?: { readonly etag: string; readonly options?: ObjectStorage };
}

/** Of a piece's rows, those whose value of a column, which is never null, is in `[from, before)`: what is absent is no bound. */
export interface KeyRange {
  readonly column: string;
  /** As SQL. */
  readonly from?: string;
  readonly before?: string;
}

/** A piece of a source. */
export type Split =
  /** Rows `[firstRow, firstRow + rows)` by file row number: whole row groups. */
  | {
      readonly kind: 'parquet';
      readonly file: FileRef;
      readonly firstRow: number;
      readonly rows: number;
      /** Rows of the whole file: a split that has them all is read without counting. */
      readonly fileRows?: number;
      /** Columns of the input that this file lacks: they are read as null. */
      readonly missing?: readonly string[];
      /** Columns of the input that this file has in another type: their values are cast. */
      readonly cast?: Schema;
      readonly range?: KeyRange;
    }
  /** Bytes of a text file, from the first line start at or after `from` to the end of the line that holds `to - 1`. */
  | {
      readonly kind: 'csv';
      readonly file: FileRef;
      readonly from: number;
      readonly to: number;
      readonly dialect: CsvDialect;
    }
  | { readonly kind: 'ndjson'; readonly file: FileRef; readonly from: number; readonly to: number }
  /** Record batches `[firstBatch, firstBatch + batches)` of an Arrow IPC file or stream. */
  | { readonly kind: 'arrow'; readonly file: FileRef; readonly firstBatch: number; readonly batches: number };

/** How a CSV file is written, sniffed once by the coordinator so that all tasks agree. */
export interface CsvDialect {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly header: boolean;
  readonly nullText: string;
  readonly dateFormat?: string;
  readonly timestampFormat?: string;
  /** Lines before the header or the first row. */
  readonly skipRows?: number;
  /** Lines that begin with it are left out. */
  readonly comment?: string;
  /** All columns of the file in their order, with the types to read them as. */
  readonly columns: Schema;
}
